// What: the operator's dashboard: looks at the gateway every two seconds while somebody can see it,
// and says when it does not answer.

import { byId, say } from './dom.js';
import * as gateway from './gateway.js';
import { History, read } from './metrics.js';
import { showBoards, showCluster, showHead, showTiles, showTroubles } from './panels.js';
import { showRefusals, showStreams } from './streams.js';

const PERIOD = 2000; // ms between two looks
const PERIOD_MAX = 30_000;
const SHARE = 10; // a look takes a tenth of the time at most: at a node of a million it is work

const history = new History();

async function look() {
  const { text, time } = await gateway.metrics();
  history.add(performance.now(), read(text));
  const cluster = history.value('boardcast_redis_connected') === 1;
  const [readiness, counts, streams, refusals] = await Promise.all([
    gateway.readiness(),
    gateway.connections(byId('prefix').value, cluster),
    gateway.streams(byId('sort').value),
    gateway.refusals(),
  ]);
  showHead(history, readiness, time);
  showTiles(history, counts);
  showBoards(counts, byId('prefix').value);
  showTroubles(history.troubles());
  showCluster(history, counts);
  showStreams(streams, poll);
  showRefusals(refusals, poll);
}

let since = null; // when it stopped answering
let timer = 0;
let busy = false;
let again = false; // somebody asked while it was busy

function showError(error) {
  since = error && (since ?? new Date().toLocaleTimeString());
  byId('error').hidden = !error;
  document.body.classList.toggle('stale', error !== null);
  if (!error) return;
  say(byId('error'),
    `No answer from the gateway since ${since}: ${error.message}. Below is what it said last.`);
}

async function poll() {
  clearTimeout(timer);
  again = busy;
  if (busy) return;
  busy = true;
  const begun = performance.now();
  await look().then(() => showError(null), showError);
  const wait = SHARE * (performance.now() - begun);
  busy = false;
  if (document.hidden) return;
  timer = setTimeout(poll, again ? 0 : Math.min(PERIOD_MAX, Math.max(PERIOD, wait)));
}

let typed = 0;
byId('prefix').oninput = () => {
  clearTimeout(typed);
  typed = setTimeout(poll, 200);
};
byId('sort').onchange = poll;
document.onvisibilitychange = () => (document.hidden ? clearTimeout(timer) : poll());
poll();
