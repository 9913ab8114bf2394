// What: one lane. Asks for so many streams of one board, one after the other, then for /healthz
// behind them, and shows what the browser lets through.

import { listen } from './api.js';
import { byId, duration, make, plural, say } from './dom.js';

const streams = Math.min(new URLSearchParams(location.search).get('streams') ?? 100, 200);
const askEvery = 12; // ms
const fetchEvery = 2000; // ms from an answer to the next question

const lanes = []; // { source, light, connection or null }, in the order they came
const hits = { sent: 0, count: 0 };
const opened = () => lanes.filter((lane) => lane.connection);

function draw() {
  const open = opened();
  const connections = [...new Set(open.map((lane) => lane.connection))];
  say('open', open.length);
  byId('lights').setAttribute('aria-label', `${open.length} of ${streams} streams are open`);
  byId('close').disabled = !open.length;
  say('connections', `${connections.length}: ${connections.join(' ')}`);
}

function onMessage(lane, message) {
  const { sent } = JSON.parse(message.data).data;
  if (hits.sent !== sent) Object.assign(hits, { sent, count: 0 });
  hits.count += 1;
  lane.light.classList.remove('hit');
  requestAnimationFrame(() => lane.light.classList.add('hit'));
  const took = performance.timeOrigin + performance.now() - sent;
  say('last', `${plural(hits.count, 'stream')} in ${duration(took)}`);
}

function change(lane, connection) {
  lane.connection = connection;
  lane.light.className = connection ? 'open' : 'asked';
  draw();
}

function ask(light) {
  const lane = { light };
  change(lane, null);
  lane.source = listen(['demo-lane'], {
    open: (told) => change(lane, told.connection),
    message: (message) => onMessage(lane, message),
    error: () => change(lane, null),
  });
  lanes.push(lane);
}

function closeOne() {
  const lane = opened()[0];
  lane.source.close();
  change(lane, null);
  lane.light.className = '';
}

/** Asks for something else on the same host, and shows how long that waits. */
async function askHealth() {
  const begun = performance.now();
  const shown = byId('fetch');
  shown.className = 'warn';
  const tick = setInterval(
    () => say('fetch', `waiting ${((performance.now() - begun) / 1000).toFixed(1)} s`), 100);
  try {
    await fetch('/healthz', { cache: 'no-store' });
    shown.className = 'good';
    say('fetch', `answered in ${duration(performance.now() - begun)}`);
  } catch {
    say('fetch', 'failed: the gateway is away');
  }
  clearInterval(tick);
  setTimeout(askHealth, fetchEvery);
}

function start() {
  const lights = Array.from({ length: streams }, () => make('i'));
  byId('lights').append(...lights);
  say('asked', streams);
  byId('close').onclick = closeOne;
  draw();
  lights.forEach((light, place) => setTimeout(() => ask(light), place * askEvery));
  setTimeout(askHealth, streams * askEvery);
}

start();
