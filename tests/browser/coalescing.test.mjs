// A browser sends requests for another name over a connection that it has, when the name has the
// same address and stands in the certificate (RFC 9113 §9.1.1). 421 tells it when that was wrong.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CLOSED, OPEN, Stream, launch } from "./support/browser.mjs";
import { startGateway } from "./support/gateway.mjs";
import { startPages } from "./support/origins.mjs";
import { startSniRelay } from "./support/sni_relay.mjs";
import { waitFor } from "./support/wait.mjs";

const browser = await launch();
const STREAM = "stream.localhost";
const OTHER = "other.localhost";

/** Opens streams as a page of app.localhost does, which the gateways' `cors` lists. */
async function scene(t) {
  const { tls, origin, open } = await startPages(t, browser);
  const cors = { origins: [origin("app.localhost")] };
  const page = await open("app.localhost");
  return {
    // 127.0.0.1 is for the test's own requests.
    start: (...hosts) => startGateway(t, { tls, cors, server: { hosts: [...hosts, "127.0.0.1"] } }),
    open: (name, port) => Stream.open(page, `https://${name}:${port}/events?boards=work`),
  };
}

const h2_connections = (gateway) =>
  gateway.metric('boardcast_connections_opened_total{protocol="h2"}');

test("two names of one gateway share a connection", async (t) => {
  const { start, open } = await scene(t);
  const gateway = await start(STREAM, OTHER);
  const first = await (await open(STREAM, gateway.port())).opened();
  const second = await (await open(OTHER, gateway.port())).opened();
  assert.equal(second.connection, first.connection);
  assert.equal(await h2_connections(gateway), 1);
});

test("a name that is not served gets 421, once more on a new connection, and no harm is done",
  async (t) => {
    const { start, open } = await scene(t);
    const gateway = await start(STREAM);
    const first = await open(STREAM, gateway.port());
    await first.opened();
    const second = await open(OTHER, gateway.port());
    await waitFor(async () => await second.state() === CLOSED, "the refusal");
    assert.deepEqual(await second.seen(), []);
    assert.equal(await gateway.metric('boardcast_http_responses_total{code="4xx"}'), 2);
    assert.equal(await h2_connections(gateway), 2);
    await gateway.publish("work", "still here");
    assert.equal((await first.next("message")).data, "still here");
    assert.equal(await first.look(({ opens }) => opens), 1);
  });

test("behind a proxy that chooses by name, 421 brings a stream to the right gateway", async (t) => {
  const { start, open } = await scene(t);
  const [left, right] = [await start(STREAM), await start(OTHER)];
  const port = await startSniRelay(t, { [STREAM]: left.port(), [OTHER]: right.port() });
  const first = await open(STREAM, port);
  await first.opened();
  const second = await open(OTHER, port);
  await second.opened();
  assert.equal(await left.metric('boardcast_http_responses_total{code="4xx"}'), 1);
  await left.publish("work", "left");
  await right.publish("work", "right");
  assert.equal((await first.next("message")).data, "left");
  assert.equal((await second.next("message")).data, "right");
  assert.deepEqual([await first.state(), await second.state()], [OPEN, OPEN]);
});
