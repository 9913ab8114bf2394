// The page at `/` when something is in its way: requests that fail, hang or come late, a gateway
// that dies, events of strangers, hosts where browsers and the page itself may do less.

import assert from "node:assert/strict";
import { test } from "node:test";
import { launch } from "./support/browser.mjs";
import { startGateway } from "./support/gateway.mjs";
import { CONFIG, card, count, post, says, told, visit } from "./support/page.mjs";
import { sleep, waitFor } from "./support/wait.mjs";

const ELSEWHERE = "events.example.com"; // not loopback, and over plain HTTP no secure context
const LOSSES = /net::ERR_|Failed to load resource/;
const browser = await launch(`--host-resolver-rules=MAP ${ELSEWHERE} 127.0.0.1`);

async function start(t, but = LOSSES) {
  const gateway = await startGateway(t, CONFIG);
  return { gateway, page: await visit(t, browser, gateway.url("/"), but) };
}

const enabled = (page, id) =>
  waitFor(() => page.locator(`#${id}`).isEnabled(), `#${id} to be enabled`);

/** The next request that matches is held back; what this gives waits for it. */
async function hold(page, pattern) {
  let held = null;
  await page.route(pattern, (route) => { held = route; }, { times: 1 });
  return () => waitFor(() => held, "a request");
}

test("what could not be posted stays in the field", async (t) => {
  const { gateway, page } = await start(t);
  await gateway.stop("SIGKILL");
  await post(page, "keep me");
  await says(page, "board-notice", /^Not published: /);
  assert.equal(await page.inputValue("#text"), "keep me");
});

test("cards of strangers stay few and short", async (t) => {
  const { gateway, page } = await start(t);
  const put = (id, text) => ({ board: "demo-red", data: { op: "put", id, column: "done", text } });
  await gateway.publishAll([put("x".repeat(65), "long"), put(7, "no name"), put("a", "x".repeat(999)),
    ...Array.from({ length: 400 }, (_, place) => put(`card-${place}`, `number ${place}`))]);
  await card(page, "done", "number 399").waitFor();
  assert.equal(await page.locator(".card").count(), 300);
  assert.equal(await card(page, "done", "long").count(), 0);
});

test("a rate that cannot start says so, and can be started again", async (t) => {
  const { gateway, page } = await start(t);
  await gateway.stop("SIGKILL");
  await page.locator("#rate-start").click();
  await says(page, "rate-notice", /^Publishing failed: /);
  assert.equal(await told(page, "rate-start"), "Start");
  assert.ok(await page.locator("#rate-start").isEnabled());
});

test("publishing to a gateway that is gone fails and invents no losses", async (t) => {
  const { gateway, page } = await start(t);
  await page.selectOption("#rate-events", "100");
  await page.locator("#rate-start").click();
  await waitFor(async () => await count(page, "rate-published") > 50, "50 events");
  await gateway.stop("SIGKILL");
  await says(page, "rate-notice", /^Publishing failed: /);
  assert.ok(await count(page, "rate-lost") <= 100, `${await told(page, "rate-lost")} lost`);
  assert.equal(await told(page, "rate-start"), "Start");
});

test("a batch that failed on its way is not counted as lost", async (t) => {
  const { page } = await start(t);
  const held = await hold(page, /\/events$/);
  await page.locator("#rate-start").click();
  await (await held()).abort();
  await waitFor(async () => await count(page, "rate-delivered") > 1000, "100 events");
  await page.locator("#rate-start").click();
  await says(page, "rate-notice", /^Every stream got every event, once and in order\./);
});

test("counters that are not told do not hold up the rate", async (t) => {
  const { page } = await start(t);
  const held = await hold(page, "**/metrics");
  await page.selectOption("#rate-events", "100");
  await page.locator("#rate-start").click();
  await held();
  await says(page, "rate-notice", /^Publishing/);
  await waitFor(async () => /\d/.test(await page.locator(".plot strong").first().textContent()),
    "the plot");
});

test("what moves is not read aloud: a rate in progress changes no live region", async (t) => {
  const { page } = await start(t);
  await page.selectOption("#rate-events", "100");
  await page.locator("#rate-start").click();
  await says(page, "rate-notice", /^Publishing/);
  await page.evaluate(() => {
    window.spoken = [];
    for (const region of document.querySelectorAll("[role=status], [aria-live]")) {
      new MutationObserver(() => window.spoken.push(region.textContent))
        .observe(region, { childList: true, characterData: true, subtree: true });
    }
  });
  const before = await count(page, "rate-delivered");
  await waitFor(async () => await count(page, "rate-delivered") > before + 2000, "two seconds");
  assert.deepEqual(await page.evaluate(() => window.spoken), []);
});

test("the lanes leave nothing in the history to go back to", async (t) => {
  const { page } = await start(t);
  const before = await page.evaluate(() => history.length);
  for (const name of ["Start both", "Stop both", "Start both"]) {
    await page.getByRole("button", { name }).click();
  }
  await says(page.frameLocator("#lane-secure"), "open", /^100$/);
  assert.equal(await page.evaluate(() => history.length), before);
});

test("without an answer to where the gateway listens, the page does with its own origin",
  async (t) => {
    const gateway = await startGateway(t, CONFIG);
    const page = await visit(t, browser, gateway.url("/"), LOSSES);
    const held = await hold(page, "**/page/listeners");
    await page.reload({ waitUntil: "commit" });
    const request = await held();
    assert.ok(await page.locator("#cable-start").isDisabled());
    await request.abort();
    await enabled(page, "cable-start");
    await page.locator("#cable-start").click();
    await says(page, "cable-log", new RegExp(`publishing through ${gateway.url()}\\.`));
    await page.getByRole("button", { name: "Start both" }).click();
    await says(page.frameLocator("#lane-secure"), "open", /^100$/);
    await says(page, "lanes-notice", /^One lane/);
  });

test("a publish or a cut of an earlier run is nothing to the present one", async (t) => {
  const { page } = await start(t);
  const button = page.locator("#cable-start");
  const heldPost = await hold(page, /\/events$/);
  await button.click();
  const latePost = await heldPost();
  await button.click();
  await button.click();
  await says(page, "cable-log", /Reading on/);
  await latePost.abort();

  const heldCut = await hold(page, "**/admin/connections/*");
  await page.locator("#cable-cut").click();
  const lateCut = await heldCut();
  await button.click();
  await lateCut.abort();
  await sleep(300);
  assert.ok(await page.locator("#cable-cut").isDisabled());
  assert.doesNotMatch(await told(page, "cable-log"), /Not published|Not cut/);
});

test("an EventSource that gives up ends the run, and the log says so", async (t) => {
  const { page } = await start(t);
  await page.locator("#cable-start").click();
  await says(page, "cable-log", /Reading on/);
  await page.route(/boards=[\w-]*cable/, (route) => route.fulfill({ status: 404 }));
  await page.locator("#cable-cut").click();
  await says(page, "cable-log", /gave up/);
  assert.equal(await told(page, "cable-start"), "Start");
});

test("over plain HTTP from another machine the page works and copies by hand", async (t) => {
  const gateway = await startGateway(t, CONFIG);
  const page = await visit(t, browser, gateway.url("/", "http", ELSEWHERE), LOSSES);
  assert.equal(await page.evaluate(() => window.isSecureContext), false);
  assert.ok(await page.locator("#insecure").isVisible());
  await post(page, "from afar");
  await card(page, "todo", "from afar").waitFor();
  await page.getByRole("button", { name: "Copy the publish line" }).click();
  await waitFor(async () => /board=demo-red/.test(await page.evaluate(() => `${getSelection()}`)),
    "the line to be selected");
  await page.locator("#cable-start").click();
  await says(page, "cable-log", new RegExp(`publishing through http://${ELSEWHERE}:`));
  await page.locator("#cable-cut").click();
  await says(page, "cable-log", /Nothing missing: every number arrived/);
});

test("over TLS from another machine the page cuts the one connection that it has", async (t) => {
  const gateway = await startGateway(t, CONFIG);
  const page = await visit(t, browser, gateway.url("/", "https", ELSEWHERE), LOSSES,
    { ignoreHTTPSErrors: true }); // the CA of a checkout signs for this machine alone
  await enabled(page, "cable-start");
  assert.ok(await page.locator("#cable-apart").isHidden());
  await page.locator("#cable-start").click();
  await says(page, "cable-log", new RegExp(`publishing through https://${ELSEWHERE}:`));
  await page.locator("#cable-cut").click();
  await says(page, "cable-log", /Nothing missing: every number arrived/);
  assert.doesNotMatch(await told(page, "cable-log"), /Not published|Not cut/);
});
