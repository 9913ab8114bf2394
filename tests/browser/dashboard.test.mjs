// The operator's dashboard, used as an operator uses it, with strangers' names on it; nothing on the
// console.

import assert from "node:assert/strict";
import http from "node:http";
import { test } from "node:test";
import { launch, openSilentProfile } from "./support/browser.mjs";
import { defer } from "./support/defer.mjs";
import { onHeldPorts, startGateway } from "./support/gateway.mjs";
import { assertReadable } from "./support/look.mjs";
import { says, told } from "./support/page.mjs";
import { sleep, waitFor } from "./support/wait.mjs";

const HOSTILE = "<img src=x onerror=window.hit=1>\u202e<script>window.hit=1</script>";
const LOSSES = /net::ERR_|Failed to load resource/;
const browser = await launch();

/** The dashboard in a silent profile of its own (openSilentProfile), when it has looked once. */
async function visit(t, gateway, but, options) {
  const page = await (await openSilentProfile(t, browser, but, options)).newPage();
  await page.goto(gateway.admin("/"));
  await says(page, "ready", /^ready$/);
  return page;
}

/** A stream of these boards: `text()` is what came, `ended` whether it is over. */
async function listen(t, gateway, ...boards) {
  const query = boards.map((board) => `board=${encodeURIComponent(board)}`).join("&");
  const stream = { ended: false, pieces: "", text: () => stream.pieces };
  const asked = http.get(gateway.url(`/events?${query}`, "http", "127.0.0.1"), { agent: false });
  defer(t, () => asked.destroy());
  asked.on("error", () => { stream.ended = true; }).on("response", (answer) => {
    answer.on("data", (piece) => { stream.pieces += piece; });
    answer.on("error", () => {}).on("close", () => { stream.ended = true; });
  });
  await waitFor(() => stream.pieces.includes("boardcast.open"), "the stream");
  return stream;
}

const board = (page, name) => page.locator("#boards li").filter({ hasText: name });
const countOf = async (page, name) => Number(await board(page, name).locator("b").textContent());

test("it counts who reads a board as they come and go, and what is published", async (t) => {
  const gateway = await startGateway(t);
  const page = await visit(t, gateway);
  await says(page, "boards-note", /^Nobody reads a board/);
  await listen(t, gateway, "news");
  await waitFor(async () => await board(page, "news").count() === 1, "the board");
  assert.equal(await countOf(page, "news"), 1);
  await listen(t, gateway, "news", "other");
  await waitFor(async () => await countOf(page, "news") === 2, "the second reader");
  await says(page, "streams", /^2$/);
  for (let n = 0; n < 20; n += 1) await gateway.publish("news", "x");
  await waitFor(async () => /L/.test(await page.locator("#deliveries-plot").getAttribute("d"))
    && await told(page, "history") === "20 events", "the figures");
  assert.match(await told(page, "about"), /^\d+\.\d+\S* \(.+\), up \d+ \w+$/);
  await page.fill("#prefix", "oth");
  await waitFor(async () => await board(page, "news").count() === 0, "the filter");
  assert.equal(await countOf(page, "other"), 1);
});

test("what goes wrong is a trouble, and a board's name is none", async (t) => {
  const page = await visit(t, await startGateway(t));
  const metrics = ["# TYPE boardcast_board_events_total counter",
    'boardcast_board_events_total{board="errors"} 4', "# TYPE a_lost_total counter",
    "a_lost_total 3", "# TYPE b_lost_total counter", "b_lost_total 0",
    "# TYPE boardcast_redis_commands_refused gauge", "boardcast_redis_commands_refused 2",
    "# TYPE lost_and_found gauge", "lost_and_found 5"].join("\n");
  const troubles = await page.evaluate(async (text) => {
    const { History, read } = await import("/dashboard/metrics.js");
    const history = new History();
    history.add(1, read(text));
    return history.troubles().map(({ key }) => key);
  }, metrics);
  assert.deepEqual(troubles, ["a_lost_total", "boardcast_redis_commands_refused"]);
});

test("a stranger's name is text", async (t) => {
  const gateway = await startGateway(t);
  const page = await visit(t, gateway);
  await listen(t, gateway, HOSTILE);
  await waitFor(async () => await page.locator("#boards li").count() === 1, "the board");
  await waitFor(async () => await page.locator("#rows tr").count() === 1, "the stream");
  assert.equal(await page.locator("#boards bdi").textContent(), HOSTILE);
  assert.equal(await page.locator("#rows .tag").textContent(), HOSTILE);
  assert.equal(await page.locator("#boards img, #rows img, main script").count(), 0);
  assert.equal(await page.evaluate(() => window.hit), undefined);
});

test("a kick takes two clicks, ends the stream, and may keep its client away", async (t) => {
  const gateway = await startGateway(t);
  const page = await visit(t, gateway);
  const first = await listen(t, gateway, "first");
  const second = await listen(t, gateway, "second");
  const row = (name) => page.locator("#rows tr").filter({ hasText: name });
  await row("second").getByRole("button", { name: /^Kick stream/ }).click();
  assert.equal((await gateway.connections()).total, 2);
  await row("second").getByRole("button", { name: /^Sure\? stream/ }).click();
  await waitFor(() => second.text().includes('"reason":"kicked"'), "the last word");
  await row("second").waitFor({ state: "detached" });
  await says(page, "notice", /^Stream \S+ was ended\.$/);
  assert.equal(first.ended, false);

  await page.selectOption("#for", "10m");
  await row("first").getByRole("button", { name: /^Kick/ }).click();
  await row("first").getByRole("button", { name: /^Sure/ }).click();
  await waitFor(() => first.text().includes('"reason":"kicked"'), "the last word");
  const refusal = page.locator("#refusals li", { hasText: "127.0.0.1" });
  await refusal.getByRole("button", { name: /^Take back/ }).click();
  await refusal.getByRole("button", { name: /^Sure/ }).click();
  await refusal.waitFor({ state: "detached" });
  await listen(t, gateway, "first");
});

test("a gateway that is gone is told, and one that is back", async (t) => {
  const gateway = await startGateway(t, await onHeldPorts(t));
  const page = await visit(t, gateway, LOSSES);
  const admin = gateway.port("http", "admin");
  await gateway.stop("SIGKILL");
  await page.locator("#error", { hasText: /^No answer from the gateway since/ }).waitFor();
  gateway.config.admin.listen = `127.0.0.1:${admin}`;
  await gateway.restart();
  await page.locator("#error").waitFor({ state: "hidden" });
  await says(page, "ready", /^ready$/);
});

test("what nobody can see asks nothing", async (t) => {
  const gateway = await startGateway(t);
  const page = await visit(t, gateway);
  let asked = 0;
  page.on("request", () => { asked += 1; });
  await waitFor(() => asked >= 5, "a look");
  const turn = (away) => page.evaluate((hidden) => {
    Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }, away);
  await turn(true);
  await waitFor(async () => { // what was under way
    const before = asked;
    await sleep(1000);
    return asked === before;
  }, "the end of a look");
  asked = 0;
  await sleep(5000);
  assert.equal(asked, 0);
  await turn(false);
  await waitFor(() => asked >= 5, "a look at once");
});

/** Lets the page see more than one small gateway has: two nodes, Redis, and troubles. */
async function pretend(page) {
  const nodes = [{ node: "n-7f3a91c2", total: 31204, connections: 3120 },
    { node: "n-0b44e1aa", total: 28950, connections: 2871 }];
  await page.route(/admin\/connections/, async (route) => {
    const boards = Object.fromEntries(Array.from({ length: 70 }, (_, n) =>
      [`team-${n}-${"long-name-".repeat(n % 5)}`, 41000 - n * n * 8]));
    await route.fulfill({ json: { total: 60154, boards, connections: 5991, truncated: true,
      node: nodes[0].node, nodes } });
  });
  await page.route(/metrics$/, async (route) => {
    const answer = await route.fetch();
    const extra = ["connected", "live"].map((name) => `boardcast_redis_${name} 1\n`).join("")
      + "boardcast_redis_losses_total 3\nboardcast_redis_unanswered 2\n";
    const text = (await answer.text())
      .replace(/^(boardcast_gaps_total{reason="trimmed"}) 0/m, "$1 1204")
      .replace(/^(boardcast_client_refused_total{limit="stream_rate_per_ip"}) 0/m, "$1 17");
    await route.fulfill({ response: answer, body: text + extra });
  });
}

for (const width of [1280, 375]) {
  test(`${width} px wide it is readable in both themes, with all that it can show`, async (t) => {
    const gateway = await startGateway(t);
    await listen(t, gateway, "orders", "orders-eu", HOSTILE);
    await listen(t, gateway, "orders", "a very long name of a board ".repeat(8).trim());
    await listen(t, gateway, ...Array.from({ length: 9 }, (_, n) => `chat-${n}`));
    const page = await visit(t, gateway, /^$/, { viewport: { width, height: 900 } });
    await pretend(page);
    await page.locator("#nodes li").nth(1).waitFor();
    await page.locator("#troubles li", { hasText: "gaps trimmed" }).waitFor();
    for (let n = 0; n < 40; n += 1) {
      await gateway.publish("orders", "x");
      await sleep(100);
    }
    const height = await page.evaluate(() => Math.ceil(document.body.scrollHeight));
    await page.setViewportSize({ width, height });
    await assertReadable(page, `dashboard-${width}`);
  });
}
