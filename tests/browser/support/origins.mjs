// Pages of other origins than the gateway that a test is about.

import { openPage } from "./browser.mjs";
import { leaf } from "./certificates.mjs";
import { startGateway } from "./gateway.mjs";

const NAMES = ["app.localhost", "other.localhost", "stream.localhost"];

/**
 * A gateway of which only the pages are used: `origin(name)` is what `cors.origins` would list,
 * `open(name)` a page there. `tls` is for the gateway that they talk to; its leaf has every name.
 */
export async function startPages(t, browser) {
  const tls = { certificates: [leaf(t, NAMES)] };
  const pages = await startGateway(t, { tls });
  return {
    tls,
    origin: (name) => pages.url("", "https", name),
    open: (name) => openPage(t, browser, pages.url("/", "https", name)),
  };
}
