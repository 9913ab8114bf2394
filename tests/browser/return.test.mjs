// EventSource returns by itself after whatever passes, from where it was, and gives up at the rest.

import assert from "node:assert/strict";
import http from "node:http";
import { test } from "node:test";
import { CLOSED, CONNECTING, OPEN, Stream, launch, openPage } from "./support/browser.mjs";
import { defer } from "./support/defer.mjs";
import { onHeldPorts, request, startGateway } from "./support/gateway.mjs";
import { sleep, waitFor } from "./support/wait.mjs";

const browser = await launch();

/**
 * Notes the requests for streams that are answered. What it returns waits for `count` of them and
 * tells the Last-Event-ID of each (null: none), in order.
 */
function positions(page) {
  const asked = [];
  page.on("response", (response) => {
    if (!response.url().includes("/events?")) return;
    asked.push(response.request().headerValue("last-event-id"));
  });
  return async (count) => {
    await waitFor(() => asked.length >= count, `${count} answers`);
    return Promise.all(asked);
  };
}

async function scene(t, config) {
  const gateway = await startGateway(t, config);
  const page = await openPage(t, browser, gateway.url("/"));
  return { gateway, page, asked: positions(page) };
}

/** The stream opens once more on another server, is told what may be missing, and is live. */
async function assertReturned(gateway, stream, last) {
  assert.equal((await stream.opened(2)).resumed, false);
  const gap = JSON.parse((await stream.next("boardcast.gap")).data);
  assert.deepEqual([gap.boards, gap.reason], [["work"], "epoch"]);
  const id = await gateway.publish("work", "after");
  const event = await stream.next("message", 2);
  assert.deepEqual([event.data, event.id], ["after", id]);
  assert.notEqual(id.split("-")[0], last.split("-")[0]);
  assert.equal(await stream.state(), OPEN);
}

test("after a killed server a stream returns by itself, from its last id", async (t) => {
  const { gateway, page, asked } = await scene(t, await onHeldPorts(t));
  const stream = await Stream.open(page, gateway.url("/events?boards=work"));
  await stream.opened();
  const last = await gateway.publish("work", "before");
  await stream.next("message");
  await gateway.stop("SIGKILL");
  await waitFor(() => stream.look(({ errors }) => errors.length > 0), "the error event");
  await gateway.restart();
  await assertReturned(gateway, stream, last);
  assert.deepEqual(await asked(2), [null, last]);
});

// Long enough to publish while the browser waits with its return, on a busy machine, too.
const RETRY = { stream: { retry: "3s" } };

/** The stream's connection is cut and comes back after `count` events were published meanwhile. */
async function cutAndMiss(gateway, stream, count) {
  const { connection } = await stream.opened();
  const ids = [await gateway.publish("work", "before")];
  await stream.next("message");
  await gateway.cut(connection);
  for (let n = 1; n <= count; n += 1) ids.push(await gateway.publish("work", `missed ${n}`));
  assert.notEqual((await stream.opened(2)).connection, connection);
  return ids;
}

test("after a cut cable, and gets what it missed, each event once", async (t) => {
  const { gateway, page, asked } = await scene(t, RETRY);
  const stream = await Stream.open(page, gateway.url("/events?boards=work"));
  const ids = await cutAndMiss(gateway, stream, 3);
  ids.push(await gateway.publish("work", "after"));
  await stream.next("message", 5);
  const seen = await stream.seen("message");
  assert.deepEqual(seen.map(({ data }) => data),
    ["before", "missed 1", "missed 2", "missed 3", "after"]);
  assert.deepEqual(seen.map(({ id }) => id), ids);
  assert.deepEqual(await asked(2), [null, ids[0]]);
  assert.deepEqual(await stream.seen("boardcast.gap"), []);
});

test("after a cut cable, and is told what is no longer kept", async (t) => {
  const { gateway, page } = await scene(t, { ...RETRY, history: { events: 1 } });
  const stream = await Stream.open(page, gateway.url("/events?boards=work"));
  const ids = await cutAndMiss(gateway, stream, 3);
  assert.deepEqual(JSON.parse((await stream.next("boardcast.gap")).data),
    { boards: ["work"], reason: "trimmed", after: ids[0], upto: ids[2] });
  assert.equal((await stream.next("message", 2)).data, "missed 3");
  assert.deepEqual(await stream.seen("boardcast.end"), []);
});

test("after a drain, too, and the stream was told that it comes", async (t) => {
  const config = await onHeldPorts(t, { server: { drain: "1s" } });
  const { gateway, page, asked } = await scene(t, config);
  const stream = await Stream.open(page, gateway.url("/events?boards=work"));
  await stream.opened();
  const last = await gateway.publish("work", "before");
  await stream.next("message");
  assert.equal(await gateway.stop("SIGTERM"), 0);
  assert.equal((await stream.next("boardcast.end")).data, '{"reason":"drain"}');
  await gateway.restart();
  await assertReturned(gateway, stream, last);
  // The leaving server may have answered it once more, with nothing but boardcast.end.
  const [first, ...later] = await asked(2);
  assert.equal(first, null);
  assert.deepEqual([...new Set(later)], [last]);
});

test("after a 200 that ended, and each time again", async (t) => {
  const { gateway, page, asked } = await scene(t);
  const stream = await Stream.open(page, gateway.url("/events?boards=work&limit=1"));
  const ids = [];
  for (let turn = 1; turn <= 3; turn += 1) {
    const opened = await stream.opened(turn);
    assert.equal(opened.resumed, turn > 1);
    ids.push(await gateway.publish("work", `event ${turn}`));
    assert.equal((await stream.next("message", turn)).data, `event ${turn}`);
    assert.equal((await stream.next("boardcast.end", turn)).data, '{"reason":"limit"}');
  }
  await stream.opened(4);
  assert.deepEqual(await asked(4), [null, ...ids]);
  assert.equal((await stream.seen("boardcast.gap")).length, 0);
});

test("at 204 a stream stops for good", async (t) => {
  const { gateway, page } = await scene(t);
  let requests = 0;
  const server = http.createServer((_, answer) => {
    requests += 1;
    answer.setHeader("access-control-allow-origin", gateway.url());
    // What would bring it back within 100 ms, and then what does not.
    if (requests > 1) answer.writeHead(204).end();
    else answer.setHeader("content-type", "text/event-stream").end("retry: 100\n\n");
  });
  await new Promise((listening) => { server.listen(0, "127.0.0.1", listening); });
  defer(t, () => server.close());
  const stream = await Stream.open(page, `http://127.0.0.1:${server.address().port}/`);
  await waitFor(async () => await stream.state() === CLOSED, "the end");
  await sleep(2000);
  assert.equal(requests, 2);
  assert.deepEqual(await stream.look(({ opens, errors }) => ({ opens, errors })),
    { opens: 1, errors: [CONNECTING, CLOSED] });
});

test("so does one that an operator has ended and refuses for a time", async (t) => {
  const { gateway, page } = await scene(t);
  const statuses = [];
  page.on("response", (response) => statuses.push(response.status()));
  const stream = await Stream.open(page, gateway.url("/events?boards=work"));
  const { stream: id } = await stream.opened();
  const url = gateway.admin(`/admin/streams/${id}?for=10m`);
  assert.equal((await request(url, { method: "DELETE" })).status, 204);
  assert.equal((await stream.next("boardcast.end")).data, '{"reason":"kicked"}');
  await waitFor(async () => await stream.state() === CLOSED, "the end");
  await sleep(2000);
  assert.deepEqual(statuses, [200, 204]);
  assert.deepEqual(await stream.look(({ opens, errors }) => ({ opens, errors })),
    { opens: 1, errors: [CONNECTING, CLOSED] });
});

/** A stream that is refused at once: one error event, closed, and no second request. */
async function assertGaveUp(page, url) {
  const asked = [];
  page.on("request", (request) => asked.push(request.url()));
  const stream = await Stream.open(page, url);
  await waitFor(async () => await stream.state() === CLOSED, "the end");
  // Chromium's own delay is 3 s where no `retry:` was told.
  await sleep(3500);
  assert.deepEqual(await stream.look(({ opens, errors }) => ({ opens, errors })),
    { opens: 0, errors: [CLOSED] });
  assert.deepEqual(asked, [url]);
}

test("at an error status, too", async (t) => {
  const gateway = await startGateway(t, { server: { hosts: ["localhost"] } });
  const refused = async (status, path, host) => {
    const page = await openPage(t, browser, gateway.url("/", "https", host));
    const statuses = [];
    page.on("response", (response) => statuses.push(response.status()));
    await assertGaveUp(page, gateway.url(path, "https", host));
    assert.deepEqual(statuses, [status]);
  };
  await Promise.all([
    refused(400, "/events?boards=a*b", "localhost"),
    refused(404, "/event?boards=work", "localhost"),
    refused(421, "/events?boards=work", "127.0.0.1"),
  ]);
});
