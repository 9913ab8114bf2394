// What: the controls, plots and totals of "events a second"; the work is rate_worker.js's.

import { byId, number, plural, say } from './dom.js';
import { Plot } from './plot.js';

const plots = {
  deliveries: new Plot('Deliveries per second', ['deliveries'], 60),
  latency: new Plot('Latency, ms', ['p50', 'p99'], 60),
  cpu: new Plot('Gateway CPU per delivery, µs', ['cpu'], 60),
};
let worker = null;

const ms = (value) => (value === null ? '–' : value < 10 ? value.toFixed(1) : number(value));

function running(on) {
  byId('rate-start').textContent = on ? 'Stop' : 'Start';
  for (const name of ['rate-events', 'rate-streams']) byId(name).disabled = on;
}

function showTotals(told) {
  say(byId('rate-published'), number(told.published));
  say(byId('rate-delivered'), number(told.delivered));
  for (const [name, count] of [['lost', told.lost], ['disorder', told.disordered], ['told', told.told]]) {
    say(byId(`rate-${name}`), number(count));
    byId(`rate-${name}`).classList.toggle('bad', count > 0 && name !== 'told');
  }
}

function showMoment(told) {
  plots.deliveries.add([told.delivering], `${number(told.delivering)} /s`);
  plots.latency.add([told.p50, told.p99], `${ms(told.p50)} · ${ms(told.p99)} ms`);
  const cpu = told.cpu === null ? (told.cpuTold ? '–' : 'not told') : `${told.cpu.toFixed(2)} µs`;
  plots.cpu.add([told.cpu], cpu);
  say(byId('rate-notice'), `Publishing ${number(told.publishing)} events a second to `
    + `${plural(told.open, 'stream')}.${slow(told)}`);
}

/** A browser that cannot keep up is told apart from a gateway that loses events. */
const slow = (told) => (told.slow
  ? ` The browser could not keep up: the gateway ended slow streams ${plural(told.slow, 'time')}.` : '');

function finish(told) {
  showTotals(told);
  const verdict = told.lost || told.disordered ? 'Not every event arrived once and in order.'
    : told.told ? 'What is missing, the gateway told.'
      : `Every stream got every event, once and in order.`;
  say(byId('rate-notice'), verdict + slow(told));
  worker = null;
  running(false);
  byId('rate-start').disabled = false;
}

function onReport({ data }) {
  if (data.failed) say(byId('rate-notice'), `Publishing failed: ${data.failed}`);
  else if (data.finished) finish(data);
  else {
    showTotals(data);
    showMoment(data);
  }
}

function start() {
  for (const plot of Object.values(plots)) plot.clear();
  worker = new Worker(new URL('rate_worker.js', import.meta.url), { type: 'module' });
  worker.onmessage = onReport;
  worker.postMessage({ rate: Number(byId('rate-events').value),
    streams: Number(byId('rate-streams').value) });
  running(true);
  say(byId('rate-notice'), 'Opening the streams…');
}

function stop() {
  worker.postMessage('stop');
  byId('rate-start').disabled = true;
  say(byId('rate-notice'), 'Waiting for what is on its way…');
}

export function setUpRate() {
  byId('plots').append(...Object.values(plots).map((plot) => plot.element));
  byId('rate-events').addEventListener('change',
    (event) => say(byId('rate-name'), number(event.target.value)));
  byId('rate-start').addEventListener('click', () => (worker ? stop() : start()));
}
