// Pages of other origins, with credentials.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CLOSED, Stream, launch } from "./support/browser.mjs";
import { startGateway } from "./support/gateway.mjs";
import { startPages } from "./support/origins.mjs";
import { waitFor } from "./support/wait.mjs";

const browser = await launch();

/** Pages, and a gateway on stream.localhost that lists app.localhost. */
async function scene(t, cors = {}) {
  const { tls, origin, open } = await startPages(t, browser);
  const gateway = await startGateway(t,
    { tls, cors: { origins: [origin("app.localhost")], ...cors } });
  return { gateway, open, url: (target) => gateway.url(target, "https", "stream.localhost") };
}

/** The statuses of the page's requests of this kind, preflights among them. */
async function statuses(page, kind) {
  const session = await page.context().newCDPSession(page);
  const found = [];
  session.on("Network.responseReceived", ({ type, response }) => {
    if (type === kind) found.push(response.status);
  });
  await session.send("Network.enable");
  return found;
}

/** POSTs from the page by fetch: the answer's {status, text}, or the name of the error. */
function post(page, url, init) {
  return page.evaluate(async ([address, options]) => {
    try {
      const answer = await fetch(address, { method: "POST", ...options });
      return { status: answer.status, text: await answer.text() };
    } catch (error) {
      return error.name;
    }
  }, [url, init]);
}

const EVENT = {
  headers: { "content-type": "application/json" }, body: '{"board":"work","data":"by fetch"}',
  credentials: "include",
};
const COOKIES = { withCredentials: true };

test("a listed origin reads and publishes with credentials", async (t) => {
  const { open, url } = await scene(t);
  const page = await open("app.localhost");
  const preflights = await statuses(page, "Preflight");
  const stream = await Stream.open(page, url("/events?boards=work"), COOKIES);
  assert.equal((await stream.opened()).protocol, "h2");
  const { status, text } = await post(page, url("/events"), EVENT);
  assert.equal(status, 200);
  const event = await stream.next("message");
  assert.deepEqual([event.data, event.id], ["by fetch", JSON.parse(text).id]);
  await waitFor(() => preflights.length > 0, "the preflight");
  assert.deepEqual(preflights, [204]);
});

test("without cors.credentials it reads and publishes, but not with cookies", async (t) => {
  const { open, url } = await scene(t, { credentials: false });
  const page = await open("app.localhost");
  const refused = await Stream.open(page, url("/events?boards=work"), COOKIES);
  await waitFor(async () => await refused.state() === CLOSED, "the refusal");
  assert.deepEqual(await refused.seen(), []);
  assert.equal(await post(page, url("/events"), EVENT), "TypeError");
  const stream = await Stream.open(page, url("/events?boards=work"));
  await stream.opened();
  assert.equal((await post(page, url("/events"), { ...EVENT, credentials: "omit" })).status, 200);
  assert.equal((await stream.next("message")).data, "by fetch");
});

test("an origin that is not listed can neither read nor publish", async (t) => {
  const { gateway, open, url } = await scene(t);
  const page = await open("other.localhost");
  const stream = await Stream.open(page, url("/events?boards=work"), COOKIES);
  await waitFor(async () => await stream.state() === CLOSED, "the refusal");
  await gateway.publish("work", "secret");
  assert.equal(await post(page, url("/events"), EVENT), "TypeError");
  // What needs no preflight reaches the gateway, and is refused there.
  const fetches = await statuses(page, "Fetch");
  const blind = { mode: "no-cors", body: "by fetch", credentials: "include" };
  assert.deepEqual(await post(page, url("/events?board=work"), blind), { status: 0, text: "" });
  await waitFor(() => fetches.length > 0, "the answer");
  assert.deepEqual(fetches, [403]);
  assert.equal(await gateway.metric("boardcast_published_events_total"), 1);
  assert.deepEqual(await stream.look(({ opens, seen }) => ({ opens, seen })),
    { opens: 0, seen: [] });
});
