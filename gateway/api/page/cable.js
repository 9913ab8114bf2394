// What: "cut the cable". One EventSource reads numbered events, published on another connection where
// there is one. A cut shows how it returns and, by the numbers, whether it missed any.

import { cut, gapReason, listen, publish, randomId } from './api.js';
import { byId, duration, make, plural, say, shortId } from './dom.js';
import { Timeline } from './timeline.js';

const board = `demo-cable-${randomId()}`;
const publishEvery = 100; // ms
const drawEvery = 200; // ms
const settle = 1000; // ms after the return until the numbers are counted
const linesMax = 50;

const timeline = new Timeline(byId('timeline'));
let run = null; // of one start..stop; `waiting`: number → when it was published
let apart = ''; // origin that the publisher and the cut use
let shared = false; // whether they use the reader's connection: a cut fails them, too

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

function lost({ target }) {
  byId('cable-cut').disabled = true;
  if (target.readyState === EventSource.CLOSED) {
    log('EventSource gave up, as it does after an answer other than 200.', 'bad');
    stop();
  } else if (run.connection && run.lostAt === null) {
    run.lostAt = performance.now();
    log('EventSource lost its connection and will try again.');
  }
}

function received({ data }) {
  if (run.waiting.delete(JSON.parse(data).data)) timeline.add('got', performance.now());
}

// --- The publisher, the cut

/** Does it and says what failed, unless that was of an earlier run, or the cut took it along. */
async function attempt(action, failed) {
  const mine = run;
  const { connection } = mine;
  try {
    await action();
  } catch (error) {
    if (shared) await new Promise((done) => { setTimeout(done, settle); });
    const cutOff = shared && (mine.lostAt !== null || mine.connection !== connection);
    if (run === mine && !cutOff) failed(error.message);
  }
}

function publishNext() {
  const now = performance.now();
  timeline.add('sent', now);
  run.last += 1;
  run.waiting.set(run.last, now);
  attempt(() => publish({ board, data: run.last }, apart), (why) => {
    log(`Not published: ${why}`, 'bad');
    stop();
  });
}

function cutIt() {
  byId('cable-cut').disabled = true;
  timeline.add('cuts', performance.now());
  log(`Cut: DELETE /admin/connections/${run.connection}`, 'bad');
  attempt(() => cut(run.connection, apart), (why) => {
    log(`Not cut: ${why}`, 'bad');
    byId('cable-cut').disabled = false;
  });
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
  apart = where.apart;
  shared = apart === location.origin && apart === where.secure;
  byId('cable-apart').hidden = shared;
  byId('cable-start').disabled = false;
  byId('cable-start').onclick = () => (run ? stop() : start());
  byId('cable-cut').onclick = cutIt;
}
