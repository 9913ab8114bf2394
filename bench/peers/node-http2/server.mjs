// A server of event streams by hand on Node's own http2, as fast as its documentation lets one
// write it: the stream API instead of the compatibility layer, one Buffer for all readers of an
// event, a ring of the newest events for those who return. No limits, no checks, no counters.
//   node server.mjs PORT CERT KEY
import { readFileSync } from "node:fs";
import { createSecureServer } from "node:http2";

const [port, cert, key] = process.argv.slice(2);
const KEPT = 2000;
const boards = new Map(); // name -> { streams: Set, kept: [{ id, text }] }
let last = 0;

function board(name) {
  let found = boards.get(name);
  if (!found) boards.set(name, (found = { streams: new Set(), kept: [] }));
  return found;
}

function subscribe(stream, headers, names) {
  stream.respond({ ":status": 200, "content-type": "text/event-stream", "cache-control": "no-store" });
  const since = Number(headers["last-event-id"] ?? Infinity);
  for (const name of names) {
    const one = board(name);
    for (const { id, text } of one.kept) if (id > since) stream.write(text);
    one.streams.add(stream);
    stream.on("close", () => one.streams.delete(stream));
  }
}

function publish(stream, name) {
  let data = "";
  stream.setEncoding("utf8");
  stream.on("data", (piece) => (data += piece));
  stream.on("end", () => {
    const one = board(name);
    const text = Buffer.from(`id: ${++last}\ndata: ${data.replaceAll("\n", "\ndata: ")}\n\n`);
    one.kept.push({ id: last, text });
    if (one.kept.length > 2 * KEPT) one.kept.splice(0, KEPT);
    for (const reader of one.streams) reader.write(text);
    stream.respond({ ":status": 200 });
    stream.end(`{"id":"${last}"}`);
  });
}

const server = createSecureServer({
  cert: readFileSync(cert),
  key: readFileSync(key),
  maxSessionMemory: 1000,
  settings: { maxConcurrentStreams: 10000, enablePush: false },
});
server.on("session", (session) => session.on("error", () => {}));
server.on("stream", (stream, headers) => {
  stream.on("error", () => {});
  const { pathname, searchParams } = new URL(headers[":path"], "https://localhost");
  if (pathname !== "/events") stream.respond({ ":status": 404 }, { endStream: true });
  else if (headers[":method"] === "POST") publish(stream, searchParams.get("board"));
  else subscribe(stream, headers, searchParams.get("boards").split(","));
});
server.listen(Number(port), "127.0.0.1");
