// The page at `/`, opened and looked at as a visitor does.

import { openSilentProfile } from "./browser.mjs";
import { waitFor } from "./wait.mjs";

/** What a gateway needs to serve the page and all that the page does. */
export const CONFIG = {
  server: { page: true },
  cors: { origins: ["http://localhost:*", "https://localhost:*"] },
  admin: { public: "open" },
};

/** A tab with the page, its stream open. */
export async function openTab(context, url) {
  const page = await context.newPage();
  await page.goto(url);
  await page.locator("#state", { hasText: /^open$/ }).waitFor();
  return page;
}

/** The page in a silent profile of its own (openSilentProfile). */
export async function visit(t, browser, url, but, options) {
  return openTab(await openSilentProfile(t, browser, but, options), url);
}

export async function post(page, text) {
  await page.fill("#text", text);
  await page.getByRole("button", { name: "Post", exact: true }).click();
}

export const card = (page, column, text) => page.locator(`#${column} .card`, { hasText: text });
export const told = (scope, id) => scope.locator(`#${id}`).textContent();
export const count = async (scope, id) => Number((await told(scope, id)).replace(/\D/g, ""));

export const says = (scope, id, pattern) =>
  waitFor(async () => pattern.test(await told(scope, id)), `${pattern} in #${id}`);
