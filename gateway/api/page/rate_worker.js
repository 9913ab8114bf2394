// What: the load of "events a second", in a worker: the page stays calm, a tab in the background is
// not slowed down. Publishes numbered events to its streams, checks what comes and reports twice
// a second. A message { rate, streams } starts it, 'stop' stops it.

import { counters, listen, publish, randomId } from './api.js';
import { percentile, Sequence } from './meter.js';

const board = `demo-rate-${randomId()}`;
const batchesPerSecond = 20;
const reportEvery = 500; // ms
const pause = 10; // ms between two looks at how many events are due
const openWithin = 5000; // ms; streams that are not open then are started without
const patience = 2000; // ms of requests that fail until publishing has failed
const settleWithin = 4000; // ms for what is on its way after "stop"
const enough = 20; // deliveries, to divide by

const readers = []; // { sequence, open }
const tally = { published: 0, delivered: 0, lost: 0, told: 0, disordered: 0 };
const unsure = new Set(); // numbers whose request failed: published or not, who knows
let next = 0; // number
let acknowledged = 0; // numbers below it are published, or unsure
let delays = []; // ms, since the last report
let answered = 0; // when the last batch was acknowledged
let stopping = false;
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

function addReader() {
  const sequence = new Sequence(tally, unsure);
  const reader = { sequence, open: false };
  listen([board], {
    open: () => { reader.open = true; },
    error: () => { reader.open = false; },
    gap: () => sequence.gap(),
    message({ data }) {
      const [number, sent] = data.split(' ');
      sequence.take(+number);
      delays.push(performance.now() - sent);
    },
  }, 'format=plain'); // the publisher's bytes alone: no envelope to parse
  readers.push(reader);
}

async function until(condition, within) {
  const end = performance.now() + within;
  while (!readers.every(condition) && performance.now() < end) await sleep(20);
}

/** A cut connection may take a batch with it; a gateway that stays away fails the run. */
async function publishBatch(size) {
  const sent = performance.now().toFixed(2);
  const numbers = Array.from({ length: size }, (_, place) => next + place);
  next += size;
  try {
    await publish(numbers.map((number) => ({ board, data: `${number} ${sent}` })));
    acknowledged = next;
    answered = performance.now();
    tally.published += size;
  } catch (error) {
    if (!(error instanceof TypeError) || performance.now() - answered > patience) throw error;
    for (const number of numbers) unsure.add(number);
  }
}

/** One request at a time, so that the numbers reach the log in order; what is late stays undone. */
async function publishAll(rate) {
  const batchMax = rate / batchesPerSecond;
  answered = performance.now();
  let due = 0;
  for (let now, last = performance.now(); !stopping; last = now) {
    now = performance.now();
    due = Math.min(due + rate * (now - last) / 1000, rate / 4);
    const size = Math.min(Math.floor(due), batchMax);
    if (size) await publishBatch(size);
    due -= size;
    if (due < batchMax) await sleep(pause);
  }
}

/** The gateway's CPU for each delivery, in µs: null with hardly any, NaN where it is not told. */
function cpu(before, now) {
  const [seconds, deliveries] = ['process_cpu_seconds_total', 'boardcast_deliveries_total']
    .map((name) => now[name] - before[name]);
  return deliveries > enough ? seconds * 1e6 / deliveries : null;
}

async function report() {
  const moment = async () => ({ ...tally, at: performance.now(), read: await counters() });
  for (let before = await moment(), after; !stopping; before = after) {
    await sleep(reportEvery);
    after = await moment();
    const sorted = Float64Array.from(delays).sort();
    delays = [];
    const each = (name) => (after[name] - before[name]) * 1000 / (after.at - before.at);
    postMessage({
      ...tally,
      publishing: each('published'),
      delivering: each('delivered'),
      p50: percentile(sorted, 0.5),
      p99: percentile(sorted, 0.99),
      cpu: cpu(before.read, after.read),
      open: readers.filter(({ open }) => open).length,
    });
  }
}

async function run({ rate, streams }) {
  for (let count = 0; count < streams; count += 1) addReader();
  await until(({ open }) => open, openWithin);
  for (const { open, sequence } of readers) if (open) sequence.expect(0);
  let failed;
  await Promise.all([publishAll(rate), report()]).catch(({ message }) => { failed = message; });
  stopping = true;
  await until(({ sequence }) => sequence.has(acknowledged), settleWithin);
  for (const { sequence } of readers) sequence.finish(acknowledged);
  postMessage({ ...tally, finished: true, failed });
}

onmessage = ({ data }) => {
  if (data === 'stop') stopping = true;
  else run(data);
};
