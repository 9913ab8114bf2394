// Waiting with a limit: tests are strict in facts and tolerant in time.

import { setTimeout as sleep } from "node:timers/promises";

// How much slower than usual this build is (the sanitizers').
export const SLOWNESS = Number(process.env.BOARDCAST_SLOWNESS ?? 1);

export { sleep };

/** Polls until `condition()` gives something truthy and returns it; fails after `seconds`. */
export async function waitFor(condition, what, seconds = 30) {
  const deadline = Date.now() + seconds * 1000 * SLOWNESS;
  for (;;) {
    const result = await condition();
    if (result) return result;
    if (Date.now() > deadline) throw new Error(`waited ${seconds} s in vain for ${what}`);
    await sleep(30);
  }
}
