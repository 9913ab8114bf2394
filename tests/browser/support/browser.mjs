// Debian's Chromium, without a window, that trusts the CA of this checkout and nothing less: TLS is
// checked as it is for a user who called certutil.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { defer } from "./defer.mjs";
import { certificate } from "./gateway.mjs";
import { SLOWNESS, waitFor } from "./wait.mjs";

const READER = fileURLToPath(new URL("page_reader.js", import.meta.url));
const PATIENCE_MS = 60_000 * SLOWNESS; // a busy machine paints seldom
const FLAGS = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
  "--disable-background-networking", "--disable-component-update"];

/** A home folder whose NSS database, Chromium's store of local authorities on Linux, has our CA. */
function trustingHome() {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), "home-"));
  const store = path.join(home, ".pki", "nssdb");
  fs.mkdirSync(store, { recursive: true });
  const certutil = (...words) => execFileSync("certutil", ["-d", `sql:${store}`, ...words]);
  certutil("-N", "--empty-password");
  certutil("-A", "-t", "C,,", "-n", "boardcast-dev", "-i", certificate("ca.crt"));
  return home;
}

/** One browser for a file of tests, closed behind them. */
export async function launch(...flags) {
  const home = trustingHome();
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [...FLAGS, ...flags],
    chromiumSandbox: process.getuid() !== 0, // it does not run as root
    env: { ...process.env, HOME: home },
  });
  after(async () => {
    await browser.close();
    fs.rmSync(home, { recursive: true, force: true });
  });
  return browser;
}

/** A profile (cookies, sockets) of its own, closed behind the test. */
export async function openProfile(t, browser, options = {}) {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(PATIENCE_MS);
  defer(t, () => context.close());
  return context;
}

/**
 * One in which whatever is written on the console, save what `but` matches, fails the test: a
 * breach of the content security policy, too.
 */
export async function openSilentProfile(t, browser, but = /^$/, options = {}) {
  const context = await openProfile(t, browser, options);
  const said = [];
  context.on("console", (message) => said.push(message.text()));
  context.on("weberror", (error) => said.push(String(error.error())));
  defer(t, () => assert.deepEqual(said.filter((line) => !but.test(line)), []));
  return context;
}

/** A page of its own profile at `url`. */
export async function openPage(t, browser, url) {
  const context = await openProfile(t, browser);
  const page = await context.newPage();
  await page.addInitScript({ path: READER });
  await page.goto(url);
  return page;
}

/** A stream as a page reads it. */
export class Stream {
  #handle;

  static async open(page, url, options = {}) {
    const stream = new Stream();
    stream.#handle = await page.evaluateHandle(
      ([address, settings]) => window.reader.open(address, settings), [url, options]);
    return stream;
  }

  /** What `look` finds in the page's {source, seen, opens, errors}. */
  look(look, argument) {
    return this.#handle.evaluate(look, argument);
  }

  /** The events so far, {type, data, id}; of one type where it is given. */
  async seen(type) {
    const all = await this.look((stream) => stream.seen);
    return type === undefined ? all : all.filter((event) => event.type === type);
  }

  /** Waits until `count` events of this type came, and returns the last of these. */
  async next(type, count = 1, seconds = undefined) {
    const events = await waitFor(async () => {
      const found = await this.seen(type);
      return found.length >= count && found;
    }, `${count} × ${type}`, seconds);
    return events[count - 1];
  }

  /** The data of the `count`th boardcast.open: {stream, boards, resumed, protocol, connection}. */
  async opened(count = 1) {
    return JSON.parse((await this.next("boardcast.open", count)).data);
  }

  /** EventSource's own word: 0 connecting, 1 open, 2 closed. */
  state() {
    return this.look((stream) => stream.source.readyState);
  }

  close() {
    return this.look((stream) => stream.source.close());
  }
}

export const CONNECTING = 0;
export const OPEN = 1;
export const CLOSED = 2;
