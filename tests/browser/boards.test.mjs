// A page gives its running EventSource other boards, and under a name keeps them over a cut.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { CLOSED, CONNECTING, OPEN, Stream, launch, openPage } from "./support/browser.mjs";
import { ROOT, startGateway } from "./support/gateway.mjs";
import { sleep, waitFor } from "./support/wait.mjs";

const browser = await launch();

/** The page changes the boards of one of its streams; what the gateway answered. */
async function change(page, id, members) {
  const [status, body] = await page.evaluate(async ([path, json]) => {
    const headers = { "content-type": "application/json" };
    const answer = await fetch(path, { method: "PATCH", headers, body: json });
    return [answer.status, await answer.json()];
  }, [`/events/${id}`, JSON.stringify(members)]);
  assert.equal(status, 200, JSON.stringify(body));
  return body;
}

async function scene(t, config = {}) {
  const gateway = await startGateway(t, config);
  return { gateway, page: await openPage(t, browser, gateway.url("/")) };
}

const data = (events) => events.map((event) => event.data);

test("boards come and go on a running EventSource", async (t) => {
  const { gateway, page } = await scene(t);
  const stream = await Stream.open(page, gateway.url("/events?boards=first"));
  const { stream: id, connection } = await stream.opened();
  const past = await gateway.publish("second", "past");
  await gateway.publish("second", "of old");
  await change(page, id, { add: ["second"], after: past });
  await stream.next("boardcast.boards", 2);
  await gateway.publish("first", "1");
  await gateway.publish("second", "2");
  await stream.next("message", 3);
  const answer = await change(page, id, { add: ["third-*"], remove: ["first"] });
  assert.deepEqual(answer.boards, ["second", "third-*"]);
  const barrier = await stream.next("boardcast.boards", 3);
  assert.deepEqual([barrier.data, barrier.id], [JSON.stringify(answer), answer.position]);
  for (const board of ["first", "second", "third-1"]) await gateway.publish(board, board);
  await stream.next("message", 5);
  assert.deepEqual(data(await stream.seen("message")), ["of old", "1", "2", "second", "third-1"]);
  assert.deepEqual((await gateway.connections()).boards, { second: 1, "third-*": 1 });
  assert.deepEqual(await stream.look(({ opens, errors }) => [opens, errors]), [1, []]);
  assert.equal((await stream.opened()).connection, connection);
});

/** A name that only this page knows, as the contract's page shows it. */
const named = async (page, gateway) =>
  gateway.url(`/events?boards=first&stream=${await page.evaluate(() => crypto.randomUUID())}`);

test("those of a stream with a name outlive a cut, and each event comes once", async (t) => {
  // Long enough to publish while the browser waits with its return.
  const { gateway, page } = await scene(t, { stream: { retry: "3s" } });
  const stream = await Stream.open(page, await named(page, gateway));
  const { stream: id, connection, restored } = await stream.opened();
  assert.equal(restored, false);
  await change(page, id, { add: ["second"] });
  await stream.next("boardcast.boards");
  await gateway.publish("second", "before");
  await stream.next("message");
  await gateway.cut(connection);
  for (let n = 1; n <= 3; n += 1) await gateway.publish("second", `missed ${n}`);
  await gateway.publish("first", "missed, too");
  const again = await stream.opened(2);
  assert.deepEqual([again.boards, again.restored, again.resumed], [["first", "second"], true, true]);
  assert.notEqual(again.connection, connection);
  await gateway.publish("second", "after");
  await stream.next("message", 6);
  assert.deepEqual(data(await stream.seen("message")),
    ["before", "missed 1", "missed 2", "missed 3", "missed, too", "after"]);
  assert.deepEqual(await stream.seen("boardcast.gap"), []);
  assert.equal(await stream.state(), OPEN);
});

test("two tabs of one name do not take it from each other at once", async (t) => {
  const { gateway, page } = await scene(t);
  const url = await named(page, gateway);
  const first = await Stream.open(page, url);
  await change(page, (await first.opened()).stream, { add: ["second"] });
  const second = await Stream.open(await openPage(t, browser, gateway.url("/")), url);
  assert.equal((await second.opened()).restored, true);
  assert.equal((await first.next("boardcast.end")).data, '{"reason":"replaced"}');
  // The first forgets to close itself; an ended stream would be back within 450 ms.
  await sleep(2000);
  assert.deepEqual([await first.state(), await second.state()], [CONNECTING, OPEN]);
  assert.equal((await first.seen("boardcast.open")).length, 1);
  assert.equal((await gateway.connections()).total, 1);
});

test("the page of the contract draws a name and closes what was replaced", async (t) => {
  const { gateway, page } = await scene(t);
  const contract = fs.readFileSync(path.join(ROOT, "gateway", "api", "README.md"), "utf8");
  const [, example] = contract.match(/^```js\n(.*?)^```$/ms);
  const other = await openPage(t, browser, gateway.url("/"));
  const run = (where) => where.evaluate(`${example}; window.stream = stream; stream.url`);
  const state = (where) => where.evaluate(() => window.stream.readyState);
  const drawn = await run(page);
  assert.notEqual(await run(other), drawn);
  await waitFor(async () => (await gateway.connections()).total === 2, "two streams");
  await Stream.open(other, drawn);
  await waitFor(async () => await state(page) === CLOSED, "that the first is closed");
  assert.equal(await state(other), OPEN);
});
