// Starts the real program on free loopback ports and ends it by pid.
//
// Ports are read back from the program's own log ("listening", JSON form), but those of a gateway
// that is restarted, which are held for it (onHeldPorts). Everything has a time limit.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import http from "node:http";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { defer } from "./defer.mjs";
import { SLOWNESS, sleep, waitFor } from "./wait.mjs";

export const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const PROGRAM = process.env.BOARDCAST ?? path.join(ROOT, "build", "dev", "boardcast");

export const certificate = (name) => path.join(ROOT, "certs", name);

// `localhost` is listened to on 127.0.0.1 and on ::1 where there is one, with the same port.
const DEFAULTS = {
  server: {
    listen: ["https://localhost:0", "http://localhost:0"], workers: 2,
    drain: "2s", drain_delay: "0s",
  },
  tls: { certificates: [{ cert: certificate("dev.crt"), key: certificate("dev.key") }] },
  stream: { retry: "300ms" },
  admin: { listen: "127.0.0.1:0" },
  log: { format: "json" },
};

const isMap = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** `extra` over `base`, maps key by key, all else replaced. */
function merged(base, extra) {
  const out = { ...base };
  for (const [key, value] of Object.entries(extra)) {
    out[key] = isMap(out[key]) && isMap(value) ? merged(out[key], value) : value;
  }
  return out;
}

/** One request on a connection of its own, which is closed behind it and so counts nowhere. */
export function request(url, { method = "GET", headers = {}, body } = {}) {
  return new Promise((resolve, reject) => {
    const options = { method, headers, agent: false, timeout: 10000 * SLOWNESS };
    const asked = http.request(url, options, (answer) => {
      const pieces = [];
      answer.on("data", (piece) => pieces.push(piece)).on("error", reject);
      answer.on("end", () => resolve({
        status: answer.statusCode, headers: answer.headers, body: Buffer.concat(pieces).toString(),
      }));
    });
    asked.on("timeout", () => asked.destroy(new Error(`no answer from ${url}`)));
    asked.on("error", reject).end(body);
  });
}

export class Gateway {
  #process;
  #exit;
  #lines = [];
  #file;

  /** Starts one with `config` over the defaults. Whoever starts it stops it; see startGateway. */
  static async start(config = {}) {
    const gateway = new Gateway();
    gateway.config = merged(DEFAULTS, config);
    try {
      await gateway.#run();
    } catch (error) {
      await gateway.stop("SIGKILL");
      throw error;
    }
    return gateway;
  }

  async #run() {
    this.stopped = false;
    this.#lines = [];
    this.#file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "gateway-")), "config.yaml");
    fs.writeFileSync(this.#file, JSON.stringify(this.config));  // JSON is YAML
    // The kernel ends it when the test is killed by its time limit.
    this.#process = spawn("setpriv", ["--pdeathsig", "KILL", PROGRAM, "serve", "--config",
      this.#file], { cwd: ROOT, stdio: ["ignore", "ignore", "pipe"] });
    this.#exit = once(this.#process, "exit");
    createInterface({ input: this.#process.stderr }).on("line", (line) => this.#lines.push(line));
    await waitFor(() => {
      assert.ok(this.running, `the gateway ended:\n${this.#lines.join("\n")}`);
      return this.messages("serving").length > 0;
    }, "the listeners");
  }

  get running() {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** The log lines with this message, parsed. */
  messages(message) {
    return this.#lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line))
      .filter((entry) => entry.message === message);
  }

  port(scheme = "https", role = "traffic") {
    const entry = this.messages("listening")
      .find((one) => one.role === role && one.address.startsWith(`${scheme}://`));
    return Number(new URL(entry.address).port);
  }

  /** The address of `target` under a name of ours. */
  url(target = "", scheme = "https", host = "localhost") {
    return `${scheme}://${host}:${this.port(scheme)}${target}`;
  }

  admin(target) {
    return `http://127.0.0.1:${this.port("http", "admin")}${target}`;
  }

  /** The value of one sample, named with its labels as the exposition writes it. */
  async metric(name) {
    const lines = (await request(this.admin("/metrics"))).body.split("\n");
    const line = lines.find((one) => one.slice(0, one.lastIndexOf(" ")) === name);
    assert.ok(line, `no metric ${name}`);
    return Number(line.slice(line.lastIndexOf(" ") + 1));
  }

  /** What GET /admin/connections says. */
  async connections() {
    return JSON.parse((await request(this.admin("/admin/connections"))).body);
  }

  /** Cuts a connection, named as in boardcast.open, as a pulled cable would. */
  async cut(connection) {
    const options = { method: "DELETE" };
    const answer = await request(this.admin(`/admin/connections/${connection}`), options);
    assert.equal(answer.status, 204, answer.body);
  }

  async #post(body) {
    const answer = await request(this.url("/events", "http", "127.0.0.1"), {
      method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body),
    });
    assert.equal(answer.status, 200, answer.body);
    return JSON.parse(answer.body);
  }

  /** Publishes and returns the id. `extra` are further members, such as `event`. */
  async publish(board, data, extra = {}) {
    return (await this.#post({ board, data, ...extra })).id;
  }

  /** Publishes a batch. */
  async publishAll(events) {
    await this.#post(events);
  }

  /** Sends the signal (SIGTERM drains, SIGKILL kills) and waits for the end; the exit code. */
  async stop(signal = "SIGTERM") {
    this.stopped = true;
    if (this.running) this.#process.kill(signal);
    const late = sleep(15000 * SLOWNESS, "late", { ref: false });
    if (await Promise.race([this.#exit, late]) === "late") {
      this.#process.kill("SIGKILL");
      throw new Error(`the gateway did not stop:\n${this.#lines.slice(-20).join("\n")}`);
    }
    fs.rmSync(path.dirname(this.#file), { recursive: true, force: true });
    return this.#process.exitCode;
  }

  /** Starts it once more; all it knew is forgotten. For one that is onHeldPorts. */
  async restart() {
    await this.#run();
  }
}

/**
 * `config` with ports that nobody else is given until the test is over, not even while the gateway
 * is away.
 */
export async function onHeldPorts(t, config = {}) {
  const holder = spawn("python3", [path.join(ROOT, "tests/wire/support/ports.py"), "2"],
    { stdio: ["pipe", "pipe", "inherit"] });
  defer(t, () => holder.stdin.end());
  const [line] = await once(createInterface({ input: holder.stdout }), "line");
  const [secure, plain] = line.split(" ");
  const listen = [`https://localhost:${secure}`, `http://localhost:${plain}`];
  return merged(config, { server: { listen } });
}

/** A gateway for one test: stopped behind it, which it must have lived to see and must end well. */
export async function startGateway(t, config) {
  const gateway = await Gateway.start(config);
  defer(t, async () => {
    if (!gateway.stopped) assert.equal(await gateway.stop(), 0);
  });
  return gateway;
}
