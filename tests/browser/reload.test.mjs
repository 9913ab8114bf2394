// A page that opens two hundred streams is reloaded by somebody who does not wait.

import assert from "node:assert/strict";
import { test } from "node:test";
import { launch, openPage } from "./support/browser.mjs";
import { startGateway } from "./support/gateway.mjs";
import { SLOWNESS, sleep, waitFor } from "./support/wait.mjs";

const browser = await launch();
const STREAMS = 200;

/** What the page does each time it is loaded. */
function openAll(count) {
  window.streams = Array.from({ length: count },
    (_, n) => window.reader.open(`/events?boards=card-${n}`));
}

/** The boardcast.open of each of the page's streams that is open. */
function openNow(page) {
  return page.evaluate(() => window.streams.filter(({ source }) => source.readyState === 1)
    .flatMap(({ seen }) => seen).filter(({ type }) => type === "boardcast.open")
    .map(({ data }) => JSON.parse(data)));
}

/** What would say that the gateway, or the browser, took offence. */
async function offences(gateway) {
  const names = ["boardcast_http_protocol_errors_total", "boardcast_http2_goaways_total",
    'boardcast_http_limit_refusals_total{limit="glitches"}',
    'boardcast_http_limit_refusals_total{limit="resets"}'];
  return Promise.all(names.map((name) => gateway.metric(name)));
}

test("a page with 200 streams that is reloaded three times in five seconds is served",
  async (t) => {
    const gateway = await startGateway(t);
    const page = await openPage(t, browser, gateway.url("/"));
    await page.addInitScript(openAll, STREAMS);
    const begun = Date.now();
    for (let load = 1; load <= 3; load += 1) {
      await page.reload();
      if (load < 3) await sleep(700);
    }
    assert.ok(Date.now() - begun < 5000 * SLOWNESS, `${Date.now() - begun} ms`);

    const opened = await waitFor(async () => {
      const streams = await openNow(page);
      return streams.length === STREAMS && streams;
    }, "all streams of the last load");
    assert.equal(new Set(opened.map(({ connection }) => connection)).size, 1);
    assert.equal(new Set(opened.map(({ stream }) => stream)).size, STREAMS);
    await waitFor(async () => (await gateway.connections()).total === STREAMS, "the old ones' end");
    const { boards, connections } = await gateway.connections();
    assert.equal(connections, 1);
    assert.equal(Object.keys(boards).length, STREAMS);
    assert.ok(await gateway.metric("boardcast_streams_opened_total") > 2 * STREAMS);
    assert.deepEqual(await offences(gateway), [0, 0, 0, 0]);
  });
