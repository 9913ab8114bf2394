// What: the controls, plots and totals of "events a second"; the work is rate_worker.js's.

import { byId, number, say } from './dom.js';
import { Plot } from './plot.js';

const plots = [
  new Plot('Deliveries per second'),
  new Plot('Latency, ms', 'p50', 'p99'),
  new Plot('Gateway CPU per delivery, µs'),
];
let worker = null;

const ms = (value) => (value === null ? '–' : value < 10 ? value.toFixed(1) : number(value));

function running(on) {
  say('rate-start', on ? 'Stop' : 'Start');
  for (const name of ['rate-events', 'rate-streams']) byId(name).disabled = on;
}

function showTotals(totals) {
  for (const name of ['published', 'delivered', 'lost', 'disordered', 'told']) {
    say(`rate-${name}`, number(totals[name]));
  }
  for (const name of ['lost', 'disordered']) {
    byId(`rate-${name}`).classList.toggle('bad', totals[name] > 0);
  }
}

function showMoment({ delivering, p50, p99, cpu, publishing, open }) {
  const [deliveries, latency, load] = plots;
  deliveries.add([delivering], `${number(delivering)} /s`);
  latency.add([p50, p99], `${ms(p50)} · ${ms(p99)} ms`);
  load.add([cpu], Number.isNaN(cpu) ? 'not told' : cpu === null ? '–' : `${cpu.toFixed(2)} µs`);
  say('rate-open', open);
  say('rate-publishing', `${number(publishing)} /s`);
  say('rate-notice', 'Publishing.');
}

function finish(totals) {
  const verdict = totals.failed ? `Publishing failed: ${totals.failed}.`
    : totals.lost || totals.disordered ? 'Not every event arrived once and in order.'
      : totals.told ? 'What is missing, the gateway told.'
        : 'Every stream got every event, once and in order.';
  say('rate-notice', verdict);
  worker.terminate();
  worker = null;
  running(false);
  byId('rate-start').disabled = false;
}

function onReport({ data }) {
  showTotals(data);
  (data.finished ? finish : showMoment)(data);
}

function start() {
  for (const plot of plots) plot.clear();
  worker = new Worker('/page/rate_worker.js', { type: 'module' });
  worker.onmessage = onReport;
  worker.onerror = ({ message = 'the gateway is away' }) => finish({ failed: message });
  worker.postMessage({ rate: +byId('rate-events').value, streams: +byId('rate-streams').value });
  running(true);
  say('rate-notice', 'Opening the streams…');
}

function stop() {
  worker.postMessage('stop');
  byId('rate-start').disabled = true;
  say('rate-notice', 'Waiting for what is on its way…');
}

export function setUpRate() {
  byId('plots').append(...plots.map((plot) => plot.element));
  const events = byId('rate-events');
  events.onchange = () => say('rate-name', number(events.value));
  if (location.protocol !== 'https:') {
    byId('rate-start').disabled = true;
    say('rate-notice', 'Needs HTTP/2: see it over https.');
  }
  byId('rate-start').onclick = () => (worker ? stop() : start());
}
