// What a page gets from a stream, and what it never hears of.

import assert from "node:assert/strict";
import { test } from "node:test";
import { OPEN, Stream, launch, openPage } from "./support/browser.mjs";
import { startGateway } from "./support/gateway.mjs";
import { waitFor } from "./support/wait.mjs";

const browser = await launch();

/** Publishes on boards in and out of the scene, in this order; the ids by board. */
async function publishAround(gateway) {
  const ids = {};
  for (const board of ["team", "other", "team-a", "teams", "card-1", "team-b", "card-2"]) {
    ids[board] = await gateway.publish(board, { on: board }, { event: "moved" });
  }
  return ids;
}

/** [board or data, lastEventId] of everything that came, but for the greeting. */
async function got(stream, last, read) {
  await waitFor(async () => (await stream.seen()).some(({ id }) => id === last), "the last event");
  const events = await stream.seen();
  assert.equal(events.shift().type, "boardcast.open");
  return events.map((event) => [read(event), event.id]);
}

test("a stream with ?boards= gets its boards and nothing else, in the publisher's form",
  async (t) => {
    const gateway = await startGateway(t);
    const page = await openPage(t, browser, gateway.url("/"));
    const stream = await Stream.open(page, gateway.url("/events?boards=card-1,card-2"));
    assert.deepEqual((await stream.opened()).boards, ["card-1", "card-2"]);
    const ids = await publishAround(gateway);
    assert.deepEqual(await got(stream, ids["card-2"], ({ type, data }) => `${type} ${data}`), [
      ['moved {"on":"card-1"}', ids["card-1"]],
      ['moved {"on":"card-2"}', ids["card-2"]],
    ]);
  });

test("with format=json one handler tells the boards of a pattern apart", async (t) => {
  const gateway = await startGateway(t);
  const page = await openPage(t, browser, gateway.url("/"));
  const stream = await Stream.open(page, gateway.url("/events?boards=team-*,card-2&format=json"));
  await stream.opened();
  const ids = await publishAround(gateway);
  const read = ({ type, data }) => {
    const { id, board, event, data: content } = JSON.parse(data);
    return { type, id, board, event, content };
  };
  const expected = (board) => [
    { type: "message", id: ids[board], board, event: "moved", content: { on: board } },
    ids[board],
  ];
  assert.deepEqual(await got(stream, ids["card-2"], read),
    [expected("team-a"), expected("team-b"), expected("card-2")]);
});

/** Counts the bytes that arrive for the page, whether or not a handler runs. */
async function countBytes(page) {
  const session = await page.context().newCDPSession(page);
  const count = { bytes: 0 };
  session.on("Network.dataReceived", ({ dataLength }) => { count.bytes += dataLength; });
  await session.send("Network.enable");
  return count;
}

test("a heartbeat arrives and runs no handler, not even that of an event without a type",
  async (t) => {
    const gateway = await startGateway(t, { stream: { heartbeat: "300ms" } });
    const page = await openPage(t, browser, gateway.url("/"));
    const stream = await Stream.open(page, gateway.url("/events?boards=quiet"));
    await stream.opened();
    const count = await countBytes(page);
    const beats = await gateway.metric("boardcast_heartbeats_total");
    await waitFor(() => count.bytes >= 5 * ": heartbeat\n\n".length, "heartbeats in the browser");
    assert.deepEqual((await stream.seen()).map(({ type }) => type), ["boardcast.open"]);
    assert.ok(await gateway.metric("boardcast_heartbeats_total") >= beats + 4);
    assert.deepEqual(await stream.look(({ opens, errors }) => ({ opens, errors })),
      { opens: 1, errors: [] });
    assert.equal(await stream.state(), OPEN);
  });

/** A page that reads `work`, and whose position a heartbeat has moved past an event elsewhere. */
async function movedByHeartbeat(t) {
  const gateway = await startGateway(t, { stream: { heartbeat: "300ms" } });
  const page = await openPage(t, browser, gateway.url("/"));
  const stream = await Stream.open(page, gateway.url("/events?boards=work"));
  const { connection } = await stream.opened();
  const count = await countBytes(page);
  const position = await gateway.publish("elsewhere", "unseen");
  // The first heartbeat behind the event has the id. Of those before it a few may be counted late.
  const enough = count.bytes + `: heartbeat\nid: ${position}\n\n`.length
    + 5 * ": heartbeat\n\n".length;
  await waitFor(() => count.bytes >= enough, "the heartbeat with an id");
  return { gateway, page, stream, connection, position };
}

test("a heartbeat with an id leaves the lastEventId of the next event alone", async (t) => {
  const { gateway, stream, position } = await movedByHeartbeat(t);
  const id = await gateway.publish("work", "seen");
  assert.notEqual(id, position);
  const event = await stream.next("message");
  assert.deepEqual([event.data, event.id], ["seen", id]);
  assert.equal((await stream.seen()).length, 2);
});

test("a heartbeat's id is where the browser goes on after a cut, so that nothing was missed",
  async (t) => {
    const { gateway, page, stream, connection, position } = await movedByHeartbeat(t);
    assert.deepEqual((await stream.seen()).map(({ type }) => type), ["boardcast.open"]);
    const again = page.waitForRequest(/events/);
    await gateway.cut(connection);
    assert.equal((await stream.opened(2)).resumed, true);
    assert.equal(await (await again).headerValue("last-event-id"), position);
    assert.deepEqual(await stream.seen("boardcast.gap"), []);
  });

test("boards are added to a running EventSource and removed, with no reconnect", async (t) => {
  const gateway = await startGateway(t);
  const page = await openPage(t, browser, gateway.url("/"));
  const stream = await Stream.open(page, gateway.url("/events?boards=work"));
  const { stream: id } = await stream.opened();
  const change = (what) => page.evaluate(async ([path, body]) => (await fetch(path, {
    method: "PATCH", headers: { "content-type": "application/json" }, body,
  })).status, [`/events/${id}`, JSON.stringify(what)]);
  await gateway.publish("past", "before");
  assert.equal(await change({ add: ["past"], after: "earliest" }), 200);
  await gateway.publish("past", "behind");
  assert.equal(await change({ remove: ["work"] }), 200);
  await gateway.publish("work", "not any more");
  await gateway.publish("past", "last");
  await stream.next("message", 3);
  assert.deepEqual((await stream.seen("message")).map(({ data }) => data),
    ["before", "behind", "last"]);
  assert.equal((await stream.seen("boardcast.open")).length, 1);
});
