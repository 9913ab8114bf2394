// What: the gateway as the page uses it: where it listens, publishing, streams, counters, the cut.

const json = { 'content-type': 'application/json' };

async function checked(response) {
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({}));
  throw new Error(problem.detail ?? `the gateway answered ${response.status}`);
}

/** Publishes one event, or an array of them as a batch; `origin` is another listener. */
export const publish = async (events, origin = '') =>
  checked(await fetch(`${origin}/events`,
    { method: 'POST', headers: json, body: JSON.stringify(events) }));

const names = (boards) => boards.map(encodeURIComponent).join(',');

/**
 * Opens an EventSource. `on` maps open, gap and end to handlers of the gateway's own events (they
 * get the parsed data), message and error to those of EventSource.
 */
export function listen(boards, on, format = 'json') {
  const source = new EventSource(`/events?boards=${names(boards)}&format=${format}`);
  source.onmessage = on.message ?? null;
  source.onerror = on.error ?? null;
  for (const name of ['open', 'gap', 'end']) {
    if (!on[name]) continue;
    source.addEventListener(`boardcast.${name}`,
      (event) => on[name](JSON.parse(event.data), event.lastEventId));
  }
  return source;
}

/** Cuts a connection of this gateway as a pulled cable would. */
export const cut = async (connection, origin) =>
  checked(await fetch(`${origin}/admin/connections/${connection}`, { method: 'DELETE' }));

/**
 * The page's own host on another listener: { secure, plain, apart }, each an origin or null.
 * `apart` is plain HTTP on a host that the page itself does not use where there is one, so that
 * it has connections of its own in every browser.
 */
export async function listeners() {
  const answer = await checked(await fetch('/page/listeners'));
  const urls = (await answer.json()).listeners.map((address) => new URL(address));
  const port = (protocol) => urls.find((url) => url.protocol === protocol)?.port;
  const here = (protocol, host = location.hostname) =>
    port(protocol) === undefined ? null : new URL(`${protocol}//${host}:${port(protocol)}`).origin;
  const other = urls.find((url) => url.protocol === 'http:' && url.hostname === '127.0.0.1');
  const apart = location.hostname === 'localhost' && other ? other.origin : here('http:');
  return { secure: here('https:'), plain: here('http:'), apart };
}

/** The counters of /metrics without labels: { name: value }, or {} where they are not told. */
export async function counters() {
  const response = await fetch('/metrics');
  if (!response.ok) return {};
  const lines = (await response.text()).split('\n').filter((line) => /^\w+ /.test(line));
  return Object.fromEntries(lines.map((line) => line.split(' '))
    .map(([name, value]) => [name, Number(value)]));
}

/** Why events may be missing, in plain words. */
export const gapReason = (reason) => ({
  trimmed: 'it no longer keeps them',
  epoch: 'it was restarted meanwhile',
  slow: 'this reader was too slow',
  backbone: 'its backbone was away',
}[reason] ?? 'it does not know where this reader was');
