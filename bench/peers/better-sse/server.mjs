// better-sse on Node's http2 (its compatibility layer, which is what the package takes): a session
// for each stream, a channel for each board, as its guides show; the serializer leaves text as it
// is, because the payload is not JSON, and history is off, as it is by default.
//   node server.mjs PORT CERT KEY
import { readFileSync } from "node:fs";
import { createSecureServer } from "node:http2";

import { createChannel, createSession } from "better-sse";

const [port, cert, key] = process.argv.slice(2);
const boards = new Map();

function channel(name) {
  let found = boards.get(name);
  if (!found) boards.set(name, (found = createChannel()));
  return found;
}

async function subscribe(request, response, names) {
  const session = await createSession(request, response, { serializer: (data) => data });
  for (const name of names) channel(name).register(session);
}

function publish(request, response, name) {
  let data = "";
  request.setEncoding("utf8");
  request.on("data", (piece) => (data += piece));
  request.on("end", () => {
    channel(name).broadcast(data);
    response.end("{}");
  });
}

const server = createSecureServer({
  cert: readFileSync(cert),
  key: readFileSync(key),
  maxSessionMemory: 1000,
  settings: { maxConcurrentStreams: 10000, enablePush: false },
});
server.on("session", (session) => session.on("error", () => {}));
server.on("request", (request, response) => {
  const { pathname, searchParams } = new URL(request.url, "https://localhost");
  if (pathname !== "/events") response.writeHead(404).end();
  else if (request.method === "POST") publish(request, response, searchParams.get("board"));
  else subscribe(request, response, searchParams.get("boards").split(","));
});
server.listen(Number(port), "127.0.0.1");
