// How the page at `/` looks at work, in two sizes and both themes: what a person would see at once
// is measured, the rest is in the pictures that this leaves in $BOARDCAST_BUILD/screenshots.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { launch, openProfile } from "./support/browser.mjs";
import { ROOT, request, startGateway } from "./support/gateway.mjs";
import { assertReadable } from "./support/look.mjs";
import { CONFIG } from "./support/page.mjs";
import { sleep } from "./support/wait.mjs";

const FOLDER = path.join(ROOT, "gateway", "api", "page");
// Windows higher than the page: shifts count, and frames of another origin are painted, in sight.
const SIZES = [[1280, 5000], [360, 8000]];
const browser = await launch();

/** The page, its stream open, with `shifts` for every element that moved. */
async function visit(t, gateway, options) {
  const page = await (await openProfile(t, browser, options)).newPage();
  await page.addInitScript(() => {
    window.shifts = [];
    new PerformanceObserver((list) => window.shifts.push(...list.getEntries().map(
      ({ value, sources }) => ({ value, of: sources.map(({ node }) => node?.id ?? "?") }))))
      .observe({ type: "layout-shift", buffered: true });
  });
  await page.goto(gateway.url("/"));
  await page.locator("#state", { hasText: /^open$/ }).waitFor();
  return page;
}

/** Everything on the page at work, without a click that would excuse a shift of the layout. */
async function bustle(page, gateway) {
  const click = (id) => page.locator(id).evaluate((button) => button.click());
  await gateway.publish("demo-blue", "Show it to a colleague");
  await gateway.publish("demo-ops", { op: "put", id: "x", column: "doing", text: "Watch the plots" });
  for (const id of ["#lanes-start", "#cable-start", "#rate-start"]) await click(id);
  await page.frameLocator("#lane-secure").locator("#open", { hasText: "100" }).waitFor();
  await page.frameLocator("#lane-plain").locator("#fetch", { hasText: "waiting" }).waitFor();
  await sleep(1500);
  await click("#lanes-broadcast");
}

async function cutCable(page) {
  await page.locator("#cable-cut").evaluate((button) => button.click());
  await page.locator("#cable-log", { hasText: "Nothing missing" }).waitFor();
}

/** The roles of what has the focus but no name, or a name and no role that may have one. */
async function namelessControls(page) {
  const session = await page.context().newCDPSession(page);
  const { nodes } = await session.send("Accessibility.getFullAXTree");
  const focusable = nodes.filter(({ ignored, role, properties = [] }) => !ignored
    && role.value !== "RootWebArea" && properties.some(({ name }) => name === "focusable"));
  assert.ok(focusable.length > 30, `only ${focusable.length} controls`);
  const mute = ({ role, name }) => !name?.value || role.value === "generic";
  return focusable.filter(mute).map(({ role }) => role.value);
}

/** Makes the window as high as the page. */
async function fit(page, width) {
  const height = await page.evaluate(() => Math.ceil(document.body.getBoundingClientRect().height));
  await page.setViewportSize({ width, height });
  await sleep(200);
}

/** The README's picture: the board at work and the two lanes. */
async function writePicture(page) {
  const [board, lanes] = await Promise.all(["#a-board", "#side-by-side"].map(
    (id) => page.locator(id).boundingBox()));
  const file = path.join(FOLDER, "picture.png");
  await page.screenshot({ path: file, clip: { x: board.x - 32, y: board.y + 40,
    width: board.width + 64, height: lanes.y + lanes.height - board.y - 8 } });
  assert.ok(fs.statSync(file).size <= 200 * 1024);
}

for (const [width, height] of SIZES) {
  test(`${width} px wide: in place, named, and readable in both themes`, async (t) => {
    const gateway = await startGateway(t, CONFIG);
    const page = await visit(t, gateway, { viewport: { width, height } });
    await bustle(page, gateway);
    assert.deepEqual(await page.evaluate(() => window.shifts), []);
    await fit(page, width);
    if (process.env.BOARDCAST_WRITE_PICTURE === "1" && width === 1280) await writePicture(page);
    await cutCable(page);
    assert.deepEqual(await namelessControls(page), []);
    await assertReadable(page, `page-${width}`);
  });
}

test("all of the page, as it is served, is within 60 KiB", async (t) => {
  const gateway = await startGateway(t, CONFIG);
  const names = fs.readdirSync(FOLDER).filter((name) => name !== "picture.png");
  let bytes = 0;
  for (const name of names) {
    const target = name === "index.html" ? "/" : `/page/${name}`;
    const answer = await request(gateway.url(target, "http"), { headers: { accept: "text/html" } });
    assert.equal(answer.status, 200, name);
    bytes += Buffer.byteLength(answer.body);
  }
  assert.ok(bytes > 10_000 && bytes <= 60 * 1024, `${bytes} bytes`);
});
