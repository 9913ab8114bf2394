// The README's lines for React work as they stand there.

import assert from "node:assert/strict";
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { test } from "node:test";
import { build } from "esbuild";
import { launch, openPage } from "./support/browser.mjs";
import { defer } from "./support/defer.mjs";
import { ROOT, startGateway } from "./support/gateway.mjs";
import { waitFor } from "./support/wait.mjs";

const browser = await launch();

// A component as its reader would write one. React's strict mode mounts everything twice, so that
// a hook which does not close its stream leaves one behind.
const MOUNT = `
import { StrictMode, useState } from "react";
import { flushSync } from "react-dom";
import { createRoot } from "react-dom/client";
import { useBoards } from "readme";

function Feed({ title, boards, gateway }) {
  const [lines, setLines] = useState([]);
  const add = (line) => setLines((all) => [...all, line]);
  useBoards(boards, ({ board, event, data }) => add([title, board, event, data].join()), gateway);
  return <ul>{lines.map((line) => <li key={line}>{line}</li>)}</ul>;
}

const root = createRoot(document.getElementById("root"));
window.show = (props) => flushSync(() => root.render(<StrictMode><Feed {...props} /></StrictMode>));
window.leave = () => root.unmount();
`;

const PAGE = '<!doctype html><div id="root"></div><script src="page.js"></script>';

/** The first jsx block under a heading that names React. */
function example() {
  const text = fs.readFileSync(path.join(ROOT, "README.md"), "utf8");
  const found = /^#+ [^\n]*\bReact\b[^\n]*\n.*?^```jsx\n(.*?)^```$/ms.exec(text);
  assert.ok(found, "no jsx block under a heading with React in README.md");
  return found[1];
}

async function bundle() {
  const resolveDir = path.join(ROOT, "tests", "browser");  // where node_modules is
  const readme = {
    name: "readme",
    setup(builder) {
      builder.onResolve({ filter: /^readme$/ }, () => ({ path: "readme", namespace: "readme" }));
      builder.onLoad({ filter: /^/, namespace: "readme" },
        () => ({ contents: example(), loader: "jsx", resolveDir }));
    },
  };
  const { outputFiles } = await build({
    stdin: { contents: MOUNT, loader: "jsx", resolveDir }, plugins: [readme], bundle: true,
    write: false, jsx: "automatic", define: { "process.env.NODE_ENV": '"development"' },
  });
  return outputFiles[0].text;
}

/** A page with the component, on an origin of its own; its address. */
async function serve(t) {
  const script = await bundle();
  const server = http.createServer((request, answer) => {
    const isScript = request.url === "/page.js";
    answer.setHeader("content-type", isScript ? "text/javascript" : "text/html");
    answer.end(isScript ? script : PAGE);
  });
  await new Promise((listening) => { server.listen(0, "127.0.0.1", listening); });
  defer(t, () => {
    server.close();
    server.closeAllConnections();
  });
  return `http://localhost:${server.address().port}`;
}

test("the README's hook shows events, follows its boards, and closes its stream", async (t) => {
  const origin = await serve(t);
  const gateway = await startGateway(t, { cors: { origins: [origin] } });
  const page = await openPage(t, browser, `${origin}/`);
  const show = (title, ...boards) => page.evaluate((props) => window.show(props),
    { title, boards, gateway: gateway.url() });
  const lines = (count) => waitFor(async () => {
    const found = await page.locator("li").allTextContents();
    return found.length >= count && found;
  }, `${count} lines`);
  const reading = (expected) => waitFor(async () => {
    const { boards } = await gateway.connections();
    return JSON.stringify(boards) === JSON.stringify(expected);
  }, `streams of ${JSON.stringify(expected)}`);

  await show("A", "board-1", "team-*");
  await reading({ "board-1": 1, "team-*": 1 });
  await gateway.publish("board-1", "one", { event: "moved" });
  await gateway.publish("board-2", "not read");
  await gateway.publish("team-a", "two");
  assert.deepEqual(await lines(2), ["A,board-1,moved,one", "A,team-a,message,two"]);

  // The same list in another array: the stream stays, and the new handler gets its events.
  const opened = await gateway.metric("boardcast_streams_opened_total");
  await show("B", "board-1", "team-*");
  await gateway.publish("board-1", "three");
  assert.equal((await lines(3))[2], "B,board-1,message,three");
  assert.equal(await gateway.metric("boardcast_streams_opened_total"), opened);

  await show("B", "board-2");
  await reading({ "board-2": 1 });
  await gateway.publish("board-2", "four");
  assert.equal((await lines(4))[3], "B,board-2,message,four");

  await page.evaluate(() => window.leave());
  await reading({});
});
