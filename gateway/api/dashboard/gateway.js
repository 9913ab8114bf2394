// What: the gateway as the dashboard uses it: the admin paths beside the page, nothing else.

const PATIENCE = 5000; // ms
const BOARDS = 1000; // asked for
const STREAMS = 50;

async function ask(path, method = 'GET', alsoFine = 200) {
  const signal = AbortSignal.timeout(PATIENCE);
  const answer = await fetch(path, { method, cache: 'no-store', signal });
  if (answer.ok || answer.status === alsoFine) return answer;
  const problem = await answer.json().catch(() => ({}));
  throw new Error(problem.detail ?? `it answered ${answer.status}`);
}

const json = async (path, alsoFine) => (await ask(path, 'GET', alsoFine)).json();

/** The exposition, and the gateway's own time with it (ms). */
export async function metrics() {
  const answer = await ask('metrics');
  return { text: await answer.text(), time: Date.parse(answer.headers.get('date')) };
}

/** Of all nodes, where they can be asked. */
export function connections(prefix, cluster) {
  const path = `admin/connections?limit=${BOARDS}&prefix=${encodeURIComponent(prefix)}`;
  return cluster ? json(`${path}&scope=cluster`).catch(() => json(path)) : json(path);
}

export const streams = (sort) => json(`admin/streams?limit=${STREAMS}&sort=${sort}`);
export const refusals = async () => (await json('admin/refusals')).refusals;
/** "ready", "draining", … */
export const readiness = async () => (await json('readyz', 503)).status;

/** Ends a stream; `time` ("10m", or empty) is how long its client is refused. */
export const kick = (id, time) =>
  ask(`admin/streams/${encodeURIComponent(id)}${time && `?for=${time}`}`, 'DELETE');
export const takeBack = (kind, value) =>
  ask(`admin/refusals?${kind}=${encodeURIComponent(value)}`, 'DELETE');
