// What: "cut the cable". One EventSource reads numbered events, published on another connection. A
// cut shows how it returns and, by the numbers, what it missed; that it misses any is not assumed.

import { cut, gapReason, listen, publish } from './api.js';
import { byId, duration, make, plural, say, shortId } from './dom.js';
import { Timeline } from './timeline.js';

const board = `demo-cable-${crypto.randomUUID().slice(0, 8)}`;
const publishEvery = 100; // ms
const drawEvery = 200; // ms
const settle = 1000; // ms after the return until the numbers are counted
const linesMax = 50;

const timeline = new Timeline(byId('timeline'));
let run = null; // of one start..stop; `waiting`: number → when it was published
let apart = ''; // origin that the publisher and the cut use

function log(text, mood = '') {
  const list = byId('cable-log');
  const time = new Date().toTimeString().slice(0, 8);
  list.append(make('li', {}, make('time', {}, time), make('span', { class: mood }, text)));
  if (list.children.length > linesMax) list.firstChild.remove();
  list.scrollTop = list.scrollHeight;
}

// --- The reader

function opened({ connection }) {
  byId('cable-cut').disabled = false;
  const now = performance.now();
  const first = !run.connection;
  run.connection = connection;
  if (first) {
    log(`Reading on connection ${connection}; publishing through ${apart}.`);
    run.timers.push(setInterval(publishNext, publishEvery));
    return;
  }
  const away = duration(now - run.lostAt);
  log(`EventSource came back by itself after ${away}, on connection ${connection}.`, 'good');
  timeline.add('backs', now);
  const { gap } = run;
  Object.assign(run, { lostAt: null, gap: null });
  run.timers.push(setTimeout(() => verdict(gap), settle));
}

/** Counts, each only once, the events that were published a while ago and never arrived. */
function verdict(gap) {
  const before = performance.now() - settle / 2;
  const missed = [...run.waiting].filter(([, at]) => at < before);
  for (const [n, at] of missed) {
    run.waiting.delete(n);
    timeline.add('missed', at);
  }
  const count = `Missed ${plural(missed.length, 'event')}`;
  if (!missed.length) log('Nothing missing: every number arrived.', 'good');
  else if (gap) log(`${count}; the gateway said so.`, 'warn');
  else log(`${count}, and the gateway did not say so.`, 'bad');
}

function gapTold(gap) {
  run.gap = gap;
  log(`boardcast.gap: events after ${shortId(gap.after)} up to ${shortId(gap.upto)} may be `
    + `missing; the gateway says that ${gapReason(gap.reason)} (${gap.reason}).`, 'warn');
}

function lost() {
  byId('cable-cut').disabled = true;
  if (!run.connection || run.lostAt !== null) return;
  run.lostAt = performance.now();
  log('EventSource lost its connection and will try again.');
}

function received({ data }) {
  if (run.waiting.delete(JSON.parse(data).data)) timeline.add('got', performance.now());
}

// --- The publisher, the cut

async function publishNext() {
  const now = performance.now();
  timeline.add('sent', now);
  run.last += 1;
  run.waiting.set(run.last, now);
  try {
    await publish({ board, data: run.last }, apart);
  } catch (error) {
    log(`Not published: ${error.message}`, 'bad');
    stop();
  }
}

async function cutIt() {
  byId('cable-cut').disabled = true;
  timeline.add('cuts', performance.now());
  log(`Cut: DELETE /admin/connections/${run.connection}`, 'bad');
  try {
    await cut(run.connection, apart);
  } catch (error) {
    log(`Not cut: ${error.message}`, 'bad');
    byId('cable-cut').disabled = false;
  }
}

function stop() {
  if (!run) return;
  run.source.close();
  for (const timer of run.timers) clearInterval(timer);
  run = null;
  say('cable-start', 'Start');
  byId('cable-cut').disabled = true;
}

function start() {
  timeline.clear();
  byId('cable-log').replaceChildren();
  run = { last: 0, waiting: new Map(), lostAt: null, gap: null, timers: [] };
  run.source = listen([board], { open: opened, gap: gapTold, error: lost, message: received });
  run.timers.push(setInterval(() => timeline.draw(performance.now()), drawEvery));
  say('cable-start', 'Stop');
}

export function setUpCable(where) {
  apart = where.apart ?? location.origin;
  byId('cable-start').onclick = () => (run ? stop() : start());
  byId('cable-cut').onclick = cutIt;
}
