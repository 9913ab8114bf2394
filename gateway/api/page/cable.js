// What: "cut the cable". One EventSource reads numbered events that are published on a connection
// of its own, to the plain listener. Cutting the reader's connection shows how EventSource returns
// and, by the numbers, what it missed: nothing here takes for granted that it misses anything.

import { cut, gapReason, listen, publish } from './api.js';
import { byId, duration, make, plural, shortId } from './dom.js';
import { Ledger } from './ledger.js';
import { Timeline } from './timeline.js';

const board = `cable-${crypto.randomUUID().slice(0, 8)}`;
const publishEvery = 100; // ms
const drawEvery = 200; // ms
const settle = 1000; // ms after the return until the numbers are counted
const linesMax = 50;

const timeline = new Timeline(byId('timeline'));
let run = null; // what one start..stop owns
let apart = null; // origin that the publisher and the cut use

function log(text, mood = '') {
  const time = make('time', {}, new Date().toTimeString().slice(0, 8));
  const list = byId('cable-log');
  list.append(make('li', {}, time, make('span', { class: mood }, text)));
  if (list.children.length > linesMax) list.firstChild.remove();
  list.scrollTop = list.scrollHeight;
}

// --- The reader -----------------------------------------------------------------------------------

function opened(told) {
  byId('cable-cut').disabled = false;
  run.connection = told.connection;
  if (run.lostAt === null) {
    log(`Reading on connection ${told.connection}; publishing through ${apart}.`);
    run.timers.push(setInterval(publishNext, publishEvery));
    return;
  }
  const now = performance.now();
  timeline.add('backs', now);
  log(`EventSource came back by itself after ${duration(now - run.lostAt)}, on connection `
    + `${told.connection}.`, 'good');
  const { gap, ledger } = run;
  run.lostAt = null;
  run.gap = null;
  run.timers.push(setTimeout(() => verdict(ledger, gap), settle));
}

/** Counts what was published before the settling time and never arrived. */
function verdict(ledger, gap) {
  const missed = ledger.missing(ledger.last - Math.ceil(settle / 2 / publishEvery));
  for (const at of missed) timeline.add('missed', at);
  if (!missed.length) log('Nothing missing: every number arrived.', 'good');
  else if (gap) log(`Missed ${plural(missed.length, 'event')}; the gateway said so.`, 'warn');
  else log(`Missed ${plural(missed.length, 'event')}, and the gateway did not say so.`, 'bad');
}

function gapTold(gap) {
  run.gap = gap;
  log(`The gateway says: events after ${shortId(gap.after)} up to ${shortId(gap.upto)} may be `
    + `missing, since ${gapReason(gap.reason)} (boardcast.gap, ${gap.reason}).`, 'warn');
}

function lost() {
  byId('cable-cut').disabled = true;
  if (run.lostAt !== null) return;
  run.lostAt = performance.now();
  log(`EventSource lost connection ${run.connection} and will try again.`);
}

function received(message) {
  if (run.ledger.receive(JSON.parse(message.data).data.n)) timeline.add('got', performance.now());
}

// --- The publisher, the cut -----------------------------------------------------------------------

async function publishNext() {
  const { ledger } = run;
  const now = performance.now();
  const n = ledger.publish(now);
  timeline.add('sent', now);
  try {
    await publish({ board, data: { n } }, apart);
  } catch (error) {
    log(`Number ${n} was not published: ${error.message}`, 'bad');
    stop();
  }
}

async function cutIt() {
  const { connection } = run;
  byId('cable-cut').disabled = true;
  timeline.add('cuts', performance.now());
  log(`Cut: DELETE /admin/connections/${connection}`, 'bad');
  try {
    await cut(connection, apart);
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
  byId('cable-start').textContent = 'Start';
  byId('cable-cut').disabled = true;
}

function start() {
  timeline.clear();
  byId('cable-log').replaceChildren();
  run = { ledger: new Ledger(), lostAt: null, gap: null, connection: null, timers: [] };
  run.source = listen([board], { open: opened, gap: gapTold, error: lost, message: received });
  run.timers.push(setInterval(() => timeline.draw(performance.now()), drawEvery));
  byId('cable-start').textContent = 'Stop';
}

export function setUpCable(where) {
  apart = where.apart ?? '';
  byId('cable-start').addEventListener('click', () => (run ? stop() : start()));
  byId('cable-cut').addEventListener('click', cutIt);
}
