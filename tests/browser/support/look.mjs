// How a page looks: what a person would see at once, measured in both themes.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { ROOT } from "./gateway.mjs";

const PICTURES = path.join(process.env.BOARDCAST_BUILD ?? path.join(ROOT, "build", "dev"),
  "screenshots");
const CONTRAST_MIN = 4.5; // WCAG 2.2, 1.4.3 (AA)

/** The words whose colours are too close to what is behind them; runs in a frame. */
function faintWords(least) {
  const parse = (text) => text.match(/[\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((value) => value / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
    .reduce((sum, value, place) => sum + value * [0.2126, 0.7152, 0.0722][place], 0);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const [r, g, b, alpha = 1] = parse(getComputedStyle(at).backgroundColor);
      if (alpha === 1) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const faint = [];
  const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = words.nextNode(); node; node = words.nextNode()) {
    const element = node.parentElement;
    if (!node.data.trim() || !element.checkVisibility() || element.matches(":disabled")) continue;
    const pair = [light(parse(getComputedStyle(element).color)), light(behind(element))];
    const contrast = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
    if (contrast < least) faint.push(`${node.data.trim()}: ${contrast.toFixed(2)}`);
  }
  return faint;
}

const overflow = () => document.documentElement.scrollWidth - document.documentElement.clientWidth;

/** No faint words and no scrolling sideways; leaves pictures in $BOARDCAST_BUILD/screenshots. */
export async function assertReadable(page, name) {
  fs.mkdirSync(PICTURES, { recursive: true });
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    for (const frame of page.frames()) {
      assert.deepEqual(await frame.evaluate(faintWords, CONTRAST_MIN), [], frame.url());
      assert.equal(await frame.evaluate(overflow), 0, `${frame.url()} scrolls sideways`);
    }
    await page.screenshot({ path: path.join(PICTURES, `${name}-${colorScheme}.png`) });
  }
}
