// A load balancer that passes TLS through and chooses by the name in the greeting, as HAProxy and
// nginx do (SNI): it cannot see whose requests come later on the same connection.

import net from "node:net";
import { defer } from "./defer.mjs";

function choose(greeting, ports) {
  return Object.entries(ports).find(([name]) => greeting.includes(name))[1];
}

/** Its port. `ports` are where each name is served. */
export async function startSniRelay(t, ports) {
  const open = new Set();
  const track = (socket) => {
    open.add(socket);
    // A peer that resets ends the other half, too.
    socket.on("error", () => socket.destroy()).on("close", () => open.delete(socket));
    return socket;
  };
  const relay = net.createServer((client) => {
    track(client).once("data", (greeting) => {
      const server = track(net.connect(choose(greeting, ports), "127.0.0.1"));
      server.write(greeting);
      client.pipe(server).pipe(client);
    });
  });
  await new Promise((listening) => { relay.listen(0, "127.0.0.1", listening); });
  defer(t, () => {
    relay.close();
    for (const socket of open) socket.destroy();
  });
  return relay.address().port;
}
