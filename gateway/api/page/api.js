// What: the gateway as the page uses it: where it listens, publishing, streams, counters, the cut.

async function checked(response) {
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({}));
  throw new Error(problem.detail ?? `the gateway answered ${response.status}`);
}

/**
 * Publishes an event, or an array as a batch; `origin` is another listener. Gives up after 10 s:
 * without a free connection a browser would wait for ever.
 */
export const publish = async (events, origin = '') =>
  checked(await fetch(`${origin}/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(events),
    signal: AbortSignal.timeout(10_000),
  }));

export const path = (boards, format = 'json') =>
  `/events?boards=${boards.map(encodeURIComponent).join(',')}&format=${format}`;

/**
 * Opens an EventSource. `on` has handlers for open, gap and end, the gateway's own events (they get
 * the data and the id), and for message and error, which are EventSource's.
 */
export function listen(boards, on, format) {
  const source = new EventSource(path(boards, format));
  source.onmessage = on.message;
  source.onerror = on.error;
  for (const name of ['open', 'gap', 'end']) {
    source.addEventListener(`boardcast.${name}`,
      (event) => on[name]?.(JSON.parse(event.data), event.lastEventId));
  }
  return source;
}

/** Cuts a connection of this gateway as a pulled cable would. */
export const cut = async (connection, origin) =>
  checked(await fetch(`${origin}/admin/connections/${connection}`, { method: 'DELETE' }));

/**
 * Origins of this gateway: `secure` and `plain` on the page's own host, `apart` for plain HTTP
 * where no other request of the page is in the way.
 */
export async function listeners() {
  const answer = await checked(await fetch('/page/listeners'));
  const urls = (await answer.json()).listeners.map((address) => new URL(address));
  const here = (protocol) => {
    const found = urls.find((url) => url.protocol === protocol);
    return found && new URL(`${protocol}//${location.hostname}:${found.port}`).origin;
  };
  const other = urls.find((url) => url.protocol === 'http:' && url.hostname === '127.0.0.1');
  const plain = here('http:');
  return { secure: here('https:'), plain, apart: other?.origin ?? plain };
}

/** The counters of /metrics that have no labels, by name; none where they are not told. */
export async function counters() {
  const text = await fetch('/metrics').then((answer) => answer.text(), () => '');
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
