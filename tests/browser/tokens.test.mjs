// A page reads by its cookie, renews its running EventSource, and loses it with its token.
// ctest: PROCESSORS 1

import assert from "node:assert/strict";
import crypto from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { CLOSED, OPEN, Stream, launch, openPage } from "./support/browser.mjs";
import { defer } from "./support/defer.mjs";
import { startGateway } from "./support/gateway.mjs";
import { sleep, waitFor } from "./support/wait.mjs";

const browser = await launch();

/** A gateway that asks for tokens, and how to make them. */
async function scene(t, config = {}) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "keys-"));
  defer(t, () => fs.rmSync(folder, { recursive: true, force: true }));
  const secret = crypto.randomBytes(32).toString("hex");
  fs.writeFileSync(path.join(folder, "key"), secret);
  const keys = [{ file: path.join(folder, "key"), algorithm: "HS256" }];
  const gateway = await startGateway(t, {
    auth: { mode: "jwt", keys, leeway: "0s", anonymous: { publish: ["a"] } }, ...config,
  });
  const token = (seconds, boards = ["a"]) => {
    const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const claims = { sub: "ann", exp: Date.now() / 1000 + seconds, boards: { subscribe: boards } };
    const text = `${encode({ alg: "HS256", typ: "JWT" })}.${encode(claims)}`;
    return `${text}.${crypto.createHmac("sha256", secret).update(text).digest("base64url")}`;
  };
  return { gateway, token, page: await openPage(t, browser, gateway.url("/")) };
}

const hold = (page, token) => page.evaluate((value) => {
  document.cookie = `boardcast_token=${value}; Secure; SameSite=Lax`;
}, token);

const renew = (page, id, token) => page.evaluate(async ([path, value]) => {
  const headers = { "content-type": "application/json", authorization: `Bearer ${value}` };
  return (await fetch(path, { method: "PATCH", headers, body: "{}" })).status;
}, [`/events/${id}`, token]);

const reason = async (stream) => JSON.parse((await stream.next("boardcast.end")).data).reason;

test("a fresh token keeps a running EventSource beyond the end of the first", async (t) => {
  const { gateway, token, page } = await scene(t);
  const end = Date.now() + 6000;
  await hold(page, token(6));
  const stream = await Stream.open(page, gateway.url("/events?boards=a"));
  const { stream: id } = await stream.opened();
  const { seconds } = JSON.parse((await stream.next("boardcast.expiring")).data);
  assert.ok(seconds <= 6, seconds);
  assert.equal(await renew(page, id, token(3600)), 200);
  await sleep(end + 2000 - Date.now());
  await gateway.publish("a", "after the first token's end");
  await stream.next("message");
  assert.deepEqual(await stream.look(({ opens, errors }) => [opens, errors]), [1, []]);
  assert.deepEqual(await stream.seen("boardcast.end"), []);
});

test("it ends with its token, and is refused for good with one that is over", async (t) => {
  const { gateway, token, page } = await scene(t);
  await hold(page, token(5));
  const stream = await Stream.open(page, gateway.url("/events?boards=a"));
  await stream.opened();
  assert.equal(await reason(stream), "token");
  await waitFor(async () => await stream.state() === CLOSED, "that it gives up after a 401");
});

test("with a fresh cookie it comes back by itself, and misses nothing", async (t) => {
  const { gateway, token, page } = await scene(t, { stream: { retry: "4s" } });
  await hold(page, token(5));
  const stream = await Stream.open(page, gateway.url("/events?boards=a"));
  await stream.opened();
  await gateway.publish("a", "1");
  assert.equal(await reason(stream), "token");
  await hold(page, token(3600));
  await gateway.publish("a", "2");
  assert.equal((await stream.opened(2)).resumed, true);
  await stream.next("message", 2);
  assert.deepEqual((await stream.seen("message")).map((event) => event.data), ["1", "2"]);
  assert.equal(await stream.state(), OPEN);
});

test("a page without a token, or beyond its grant, hears of it once", async (t) => {
  const { gateway, token, page } = await scene(t);
  const refused = async () => {
    const stream = await Stream.open(page, gateway.url("/events?boards=b"));
    await waitFor(async () => await stream.state() === CLOSED, "that it gives up");
  };
  await refused();
  await hold(page, token(3600));
  await refused();
});
