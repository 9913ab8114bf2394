// What: the gateway as the page uses it: where it listens, publishing, streams, counters, the cut.

async function checked(response) {
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({}));
  throw new Error(problem.detail ?? `the gateway answered ${response.status}`);
}

/** Gives up after a while: without a free connection a browser would wait for ever. */
const ask = async (url, options = {}, patience = 10_000) =>
  checked(await fetch(url, { ...options, signal: AbortSignal.timeout(patience) }));

/** Something unique; crypto.randomUUID is kept from pages over plain HTTP. */
export const randomId = () =>
  crypto.getRandomValues(new Uint32Array(2)).reduce((text, part) => text + part.toString(36), '');

/** Publishes an event, or an array as a batch; `origin` is another listener. */
export const publish = (events, origin = '') => ask(`${origin}/events`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(events),
});

export const path = (boards, query = 'format=json') =>
  `/events?boards=${boards.map(encodeURIComponent).join(',')}&${query}`;

/**
 * Opens an EventSource. `on` has handlers for open, gap and end, the gateway's own events (they get
 * the data and the id), and for message and error, which are EventSource's.
 */
export function listen(boards, on, query) {
  const source = new EventSource(path(boards, query));
  source.onmessage = on.message;
  source.onerror = on.error;
  for (const name of ['open', 'gap', 'end']) {
    source.addEventListener(`boardcast.${name}`,
      (event) => on[name]?.(JSON.parse(event.data), event.lastEventId));
  }
  return source;
}

/** Cuts a connection of this gateway as a pulled cable would. */
export const cut = (connection, origin) =>
  ask(`${origin}/admin/connections/${connection}`, { method: 'DELETE' });

const loopback = /^(.+\.)?localhost$|^127\.|^\[::1\]$/;

/** Where the gateway listens, as far as it says so. */
const told = () => ask('/page/listeners').then((answer) => answer.json())
  .then((answer) => answer.listeners.map((address) => new URL(address)), () => []);

/**
 * Origins of this gateway: `secure` and `plain` on the page's own host, `apart` for plain HTTP
 * where no other request of the page is in the way. A page from elsewhere knows its own origin
 * alone: 127.0.0.1 is the visitor's machine then, and ports may be mapped.
 */
export async function listeners() {
  const urls = loopback.test(location.hostname) ? await told() : [];
  const here = (protocol) => {
    if (protocol === location.protocol) return location.origin;
    const found = urls.find((url) => url.protocol === protocol);
    return found && new URL(`${protocol}//${location.hostname}:${found.port}`).origin;
  };
  const other = urls.find((url) => url.protocol === 'http:' && url.hostname === '127.0.0.1');
  const plain = here('http:');
  return { secure: here('https:'), plain, apart: other?.origin ?? plain ?? location.origin };
}

/** The counters of /metrics that have no labels, by name; none where they are not told. */
export async function counters() {
  const text = await ask('/metrics', {}, 2000).then((answer) => answer.text()).catch(() => '');
  const lines = text.match(/^\w+ [\d.e+-]+$/gm) ?? [];
  return Object.fromEntries(lines.map((line) => line.split(' ')));
}

/** Why events may be missing, in plain words. */
export const gapReason = (reason) => ({
  trimmed: 'it no longer has them',
  epoch: 'it was restarted',
  slow: 'this reader was too slow',
  backbone: 'its backbone was away',
}[reason] ?? 'it does not know where this reader was');
