// Why this gateway exists: six connections to a host over HTTP/1.1, any number of streams over h2.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CONNECTING, OPEN, Stream, launch, openPage } from "./support/browser.mjs";
import { startGateway } from "./support/gateway.mjs";
import { sleep, waitFor } from "./support/wait.mjs";

const browser = await launch();

/** Begins a fetch of `url` in the page; the function it returns tells the status, or null. */
async function begin(page, url) {
  const fetching = await page.evaluateHandle((address) => {
    const note = { status: null };
    fetch(address).then((answer) => { note.status = answer.status; });
    return note;
  }, url);
  return () => fetching.evaluate((note) => note.status);
}

async function openStreams(page, gateway, scheme, count) {
  const streams = [];
  for (let n = 0; n < count; n += 1) {
    streams.push(await Stream.open(page, gateway.url(`/events?boards=card-${n}`, scheme)));
  }
  return streams;
}

test("over HTTP/1.1 the seventh stream and a fetch wait until streams are closed", async (t) => {
  const gateway = await startGateway(t);
  const page = await openPage(t, browser, gateway.url("/", "http"));
  const six = await openStreams(page, gateway, "http", 6);
  for (const stream of six) assert.equal((await stream.opened()).protocol, "http/1.1");

  const [seventh] = await openStreams(page, gateway, "http", 1);
  const answer = await begin(page, gateway.url("/healthz", "http"));
  await sleep(2000);
  assert.equal(await seventh.state(), CONNECTING);
  assert.equal(await answer(), null);
  const { total, connections } = await gateway.connections();
  assert.deepEqual({ total, connections }, { total: 6, connections: 6 });

  await six[0].close();
  await waitFor(async () => await seventh.state() === OPEN || await answer(), "one to go on");
  await six[1].close();
  await seventh.opened();
  assert.equal(await waitFor(answer, "the answer"), 200);
});

test("over HTTP/2 a hundred streams are open on one connection, and a fetch passes", async (t) => {
  const gateway = await startGateway(t);
  const page = await openPage(t, browser, gateway.url("/"));
  const streams = await openStreams(page, gateway, "https", 100);
  const opened = await Promise.all(streams.map((stream) => stream.opened()));
  assert.deepEqual([...new Set(opened.map(({ protocol }) => protocol))], ["h2"]);
  assert.equal(new Set(opened.map(({ connection }) => connection)).size, 1);
  assert.equal(new Set(opened.map(({ stream }) => stream)).size, 100);

  const answer = await begin(page, gateway.url("/healthz"));
  assert.equal(await waitFor(answer, "the answer"), 200);
  for (const stream of streams) assert.equal(await stream.state(), OPEN);
  const { total, connections } = await gateway.connections();
  assert.deepEqual({ total, connections }, { total: 100, connections: 1 });
});
