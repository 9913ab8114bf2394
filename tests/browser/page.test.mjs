// The page at `/`, used as a visitor uses it: the board in two tabs and by keyboard alone, the
// lanes side by side, the rate, the cut cable; with nothing on the console.

import assert from "node:assert/strict";
import { test } from "node:test";
import { launch } from "./support/browser.mjs";
import { startGateway } from "./support/gateway.mjs";
import { CONFIG, card, count, openTab, post, says, told, visit } from "./support/page.mjs";
import { sleep, waitFor } from "./support/wait.mjs";

const browser = await launch();

test("two tabs show each other's cards, a stranger's text and what is deleted", async (t) => {
  const gateway = await startGateway(t, CONFIG);
  const one = await visit(t, browser, gateway.url("/"));
  const two = await openTab(one.context(), one.url());
  await post(one, "from the first");
  await card(two, "todo", "from the first").waitFor();
  await card(two, "todo", "from the first").getByRole("button", { name: /on to Doing/ }).click();
  await card(one, "doing", "from the first").waitFor();

  await gateway.publish("demo-ops", "by a stranger");
  await card(one, "todo", "by a stranger").waitFor();
  await card(two, "todo", "by a stranger").getByRole("button", { name: /Delete/ }).click();
  await card(one, "todo", "by a stranger").waitFor({ state: "detached" });
});

test("a tab begins with what the gateway keeps of the boards", async (t) => {
  const gateway = await startGateway(t, CONFIG);
  const one = await visit(t, browser, gateway.url("/"));
  await post(one, "before you came");
  await card(one, "todo", "before you came").getByRole("button", { name: /on to Doing/ }).click();
  await card(one, "done", "Start the gateway").getByRole("button", { name: /Delete/ }).click();
  await card(one, "done", "Start the gateway").waitFor({ state: "detached" });

  await one.context().close();
  const late = await visit(t, browser, gateway.url("/"));
  await card(late, "doing", "before you came").waitFor();
  await card(late, "done", "Start the gateway").waitFor({ state: "detached" });
});

test("what a picked board repeats leaves its cards where they are", async (t) => {
  const gateway = await startGateway(t, CONFIG);
  const page = await visit(t, browser, gateway.url("/"));
  await post(page, "moved and kept");
  await card(page, "todo", "moved and kept").getByRole("button", { name: /on to Doing/ }).click();
  await card(page, "doing", "moved and kept").waitFor();
  await page.getByLabel("demo-blue", { exact: true }).uncheck();
  await says(page, "boards", /^demo-red, demo-ops$/);
  await gateway.publish("demo-red", "after the repetition");
  await card(page, "todo", "after the repetition").waitFor();
  assert.equal(await card(page, "doing", "moved and kept").count(), 1);
  assert.equal(await card(page, "todo", "moved and kept").count(), 0);
});

test("the stream follows the boards that are picked", async (t) => {
  const gateway = await startGateway(t, CONFIG);
  const page = await visit(t, browser, gateway.url("/"));
  await page.getByLabel("demo-ops", { exact: true }).uncheck();
  await says(page, "boards", /^demo-red, demo-blue$/);
  await waitFor(async () => (await gateway.connections()).boards["demo-ops"] === undefined, "demo-ops to go");
  await gateway.publish("demo-ops", "unheard");
  await gateway.publish("demo-blue", "heard");
  await card(page, "todo", "heard").first().waitFor();
  assert.equal(await card(page, "todo", "unheard").count(), 0);
});

test("a card is posted and moved by keyboard alone, and focus stays with it", async (t) => {
  const gateway = await startGateway(t, CONFIG);
  const page = await visit(t, browser, gateway.url("/"));
  const press = (key) => page.keyboard.press(key);
  const focused = () => page.evaluate(() => document.activeElement.ariaLabel
    ?? document.activeElement.id);
  const tabTo = async (name) => {
    for (let n = 0; n < 60 && !name.test(await focused()); n += 1) await press("Tab");
  };
  const focusIs = (name) => waitFor(async () => name.test(await focused()), `focus on ${name}`);

  await tabTo(/^text$/);
  await page.keyboard.type("no mouse");
  await press("Enter");
  await card(page, "todo", "no mouse").waitFor();
  await tabTo(/^Move “no mouse” on/);
  await press("Enter");
  await focusIs(/^Move “no mouse” on to Done/);
  await press("Enter");
  await card(page, "done", "no mouse").waitFor();
  await focusIs(/^Move “no mouse” back to Doing/);
});

test("six streams and a waiting fetch on the left, a hundred and an answer beside", async (t) => {
  const gateway = await startGateway(t, CONFIG);
  const page = await visit(t, browser, gateway.url("/"));
  assert.ok(await page.locator("#insecure").isHidden());
  await page.getByRole("button", { name: "Start both" }).click();
  const [left, right] = [page.frameLocator("#lane-plain"), page.frameLocator("#lane-secure")];
  await says(right, "open", /^100$/);
  await says(right, "fetch", /^answered in/);
  await says(left, "fetch", /^waiting ([2-9]|\d\d)/);
  await says(left, "open", /^6$/);
  await says(left, "connections", /^6: (c\d+ ?){6}$/);
  await waitFor(async () => await told(right, "connections")
    === `1: ${await told(page, "connection-id")}`, "the one connection of all");

  await page.getByRole("button", { name: "Broadcast" }).click();
  await says(left, "last", /^6 streams in/);
  await says(right, "last", /^100 streams in/);
  await left.getByRole("button", { name: "Close one" }).click();
  await waitFor(async () => await left.locator(".open").last().evaluate(
    (light) => [...light.parentNode.children].indexOf(light) >= 6)
    || /^answered/.test(await told(left, "fetch")), "the place to be taken");

  await page.getByRole("button", { name: "Stop both" }).click();
  await waitFor(async () => (await gateway.connections()).total === 1, "the streams to close");
});

test("the rate reaches every stream whole and in order, and the CPU is told", async (t) => {
  const gateway = await startGateway(t, CONFIG);
  const page = await visit(t, browser, gateway.url("/"));
  const button = page.locator("#rate-start");
  await page.selectOption("#rate-events", "100");
  await button.click();
  await says(page, "rate-notice", /^Publishing/);
  await waitFor(async () => await count(page, "rate-published") > 100, "100 events");
  await waitFor(async () => /µs$/.test(await page.locator(".plot strong").last().textContent()),
    "the CPU");
  await button.click();
  await says(page, "rate-notice", /^Every stream got every event, once and in order\./);
  assert.equal(await count(page, "rate-delivered"), 10 * await count(page, "rate-published"));
  assert.equal(await count(page, "rate-lost"), 0);
  await waitFor(async () => (await gateway.connections()).total === 1, "the streams to close");
});

test("after a cut EventSource is back on a new connection and misses nothing", async (t) => {
  const gateway = await startGateway(t, CONFIG);
  const page = await visit(t, browser, gateway.url("/"), /net::ERR_/);
  await page.locator("#cable-start").click();
  await says(page, "cable-log", /Reading on connection/);
  const before = await told(page, "connection-id");
  await sleep(500);
  await page.getByRole("button", { name: "Cut the cable" }).click();
  await says(page, "cable-log", /came back by itself after .* on connection c\d+/);
  await waitFor(async () => {
    const now = await told(page, "connection-id");
    return /^c\d+$/.test(now) && now !== before;
  }, "the page's own stream on another connection");
  await says(page, "cable-log", /Nothing missing: every number arrived/);
  await page.locator("#cable-start").click();
  await waitFor(async () => (await gateway.connections()).total === 1, "the stream to close");
});

test("over plain HTTP the page works, says what it lacks and links to https", async (t) => {
  const gateway = await startGateway(t, CONFIG);
  const page = await visit(t, browser, gateway.url("/", "http"));
  assert.equal(await told(page, "protocol"), "HTTP/1.1");
  assert.ok(await page.locator("#insecure").isVisible());
  await waitFor(async () => await page.locator("#to-secure").getAttribute("href")
    === gateway.url(), "the link");
  assert.ok(await page.locator("#rate-start").isDisabled(), "a rate would take all six");
  await post(page, "still here");
  await card(page, "todo", "still here").waitFor();
});
