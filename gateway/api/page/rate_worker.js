// What: the load of "events a second", in a worker so that the page stays calm and a tab in the
// background is not slowed down: opens the streams, publishes numbered events, checks what comes
// and reports twice a second. Starts by a message { rate, streams }, stops by 'stop'.

import { counters, listen, publish } from './api.js';
import { Delays, Sequence } from './meter.js';

const board = `rate-${crypto.randomUUID().slice(0, 8)}`;
const batchMax = 50;
const reportEvery = 500; // ms
const pause = 10; // ms between two looks at how many events are due
const openWithin = 5000; // ms; streams that are not open then are started without
const settleWithin = 4000; // ms for what is still on the way after "stop"

const readers = []; // { source, sequence, open }
const delays = new Delays();
const tally = { published: 0, slow: 0, stopping: false };
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

function addReader() {
  const reader = { sequence: new Sequence(), open: false };
  reader.source = listen([board], {
    open: () => { reader.open = true; },
    gap: () => reader.sequence.gap(),
    end: ({ reason }) => { tally.slow += reason === 'slow' ? 1 : 0; },
    error: () => { reader.open = false; },
    message({ data }) {
      const at = data.indexOf(' ');
      reader.sequence.take(Number(data.slice(0, at)));
      delays.add(performance.now() - Number(data.slice(at + 1)));
    },
  }, 'plain'); // the publisher's bytes alone: no envelope to parse
  readers.push(reader);
}

async function until(condition, within) {
  const end = performance.now() + within;
  while (!condition() && performance.now() < end) await sleep(20);
}

/** The next numbers, each with the moment of its sending. */
function batch(size) {
  const sent = performance.now().toFixed(2);
  return Array.from({ length: size },
    (_, place) => ({ board, data: `${tally.published + place} ${sent}` }));
}

/** One request at a time, so that the numbers reach the log in order; what is late is not made up. */
async function publishAll(rate) {
  let due = 0;
  let last = performance.now();
  while (!tally.stopping) {
    const now = performance.now();
    due = Math.min(due + rate * (now - last) / 1000, rate / 4);
    last = now;
    const size = Math.min(Math.floor(due), batchMax);
    if (size) {
      await publish(batch(size));
      tally.published += size;
      due -= size;
    }
    if (due < batchMax) await sleep(pause);
  }
}

const sum = (value) => readers.reduce((total, reader) => total + value(reader), 0);

function totals() {
  return {
    published: tally.published,
    delivered: sum((reader) => reader.sequence.received),
    lost: sum((reader) => reader.sequence.lost),
    told: sum((reader) => reader.sequence.told),
    disordered: sum((reader) => reader.sequence.disordered),
    slow: tally.slow,
    open: sum((reader) => (reader.open ? 1 : 0)),
  };
}

/** What the gateway's processor did since the reading before. */
async function cpu(before) {
  const now = await counters().catch(() => ({}));
  const [seconds, deliveries] = ['process_cpu_seconds_total', 'boardcast_deliveries_total']
    .map((name) => now[name] - before[name]);
  return { now, micros: deliveries > 0 && seconds >= 0 ? seconds * 1e6 / deliveries : null,
    told: 'process_cpu_seconds_total' in now };
}

async function report() {
  let before = { at: performance.now(), ...totals() };
  let reading = { now: {} };
  for (let round = 0; !tally.stopping; round += 1) {
    await sleep(reportEvery);
    if (round % 2 === 0) reading = await cpu(reading.now);
    const after = { at: performance.now(), ...totals() };
    const each = (name) => (after[name] - before[name]) * 1000 / (after.at - before.at);
    postMessage({ ...after, publishing: each('published'), delivering: each('delivered'),
      p50: delays.percentile(0.5), p99: delays.percentile(0.99),
      cpu: reading.micros, cpuTold: reading.told });
    delays.clear();
    before = after;
  }
}

async function run({ rate, streams }) {
  for (let count = 0; count < streams; count += 1) addReader();
  await until(() => readers.every((reader) => reader.open), openWithin);
  try {
    await Promise.all([publishAll(rate), report()]);
  } catch (error) {
    tally.stopping = true;
    postMessage({ failed: error.message });
  }
  await until(() => readers.every(({ sequence }) => sequence.has(tally.published)), settleWithin);
  for (const { sequence } of readers) sequence.finish(tally.published);
  postMessage({ ...totals(), finished: true });
  for (const { source } of readers) source.close();
  close();
}

onmessage = ({ data }) => {
  if (data === 'stop') tally.stopping = true;
  else run(data);
};
