// What: one lane. Asks for so many streams of one board, one after the other, then for /healthz
// behind them, and shows what the browser lets through.

import { listen } from './api.js';
import { byId, duration, make, plural, say } from './dom.js';

const streams = Math.min(Number(new URLSearchParams(location.search).get('streams')) || 100, 200);
const askEvery = 12; // ms
const fetchEvery = 2000; // ms from an answer to the next question

const lanes = []; // { source, light, connection: string | null }, in the order they were asked for
const hits = { sent: 0, count: 0 };
const opened = () => lanes.filter((lane) => lane.connection);

function draw() {
  const open = opened();
  const connections = [...new Set(open.map((lane) => lane.connection))];
  say(byId('open'), `${open.length}`);
  byId('lights').setAttribute('aria-label', `${open.length} of ${streams} streams are open`);
  byId('close').disabled = !open.length;
  const names = connections.length ? `: ${connections.join(', ')}` : '';
  say(byId('connections'), plural(connections.length, 'connection') + names);
  byId('connections').title = connections.join(', ');
}

function onMessage(lane, message) {
  const { sent } = JSON.parse(message.data).data;
  if (hits.sent !== sent) Object.assign(hits, { sent, count: 0 });
  hits.count += 1;
  lane.light.classList.remove('hit');
  requestAnimationFrame(() => lane.light.classList.add('hit'));
  const took = performance.timeOrigin + performance.now() - sent;
  say(byId('last'), `reached ${plural(hits.count, 'stream')} in ${duration(took)}`);
}

function change(lane, connection) {
  lane.connection = connection;
  lane.light.className = connection ? 'open' : 'asked';
  draw();
}

function ask(light) {
  const lane = { light, connection: null };
  light.className = 'asked';
  lane.source = listen(['lane'], {
    open: (told) => change(lane, told.connection),
    message: (message) => onMessage(lane, message),
    error: () => change(lane, null),
  });
  lanes.push(lane);
}

function closeOne() {
  const lane = opened()[0];
  lane.source.close();
  lane.light.className = '';
  lanes.splice(lanes.indexOf(lane), 1);
  draw();
}

/** Asks for something else on the same host, and shows how long that waits. */
async function askHealth() {
  const begun = performance.now();
  const shown = byId('fetch');
  shown.className = 'wait';
  const show = () => say(shown, `waiting ${((performance.now() - begun) / 1000).toFixed(1)} s`);
  const tick = setInterval(show, 100);
  try {
    await fetch('/healthz', { cache: 'no-store' });
    shown.className = 'done';
    say(shown, `answered in ${duration(performance.now() - begun)}`);
  } catch {
    say(shown, 'failed: the gateway is away');
  }
  clearInterval(tick);
  setTimeout(askHealth, fetchEvery);
}

function start() {
  const lights = Array.from({ length: streams }, () => make('i'));
  byId('lights').append(...lights);
  say(byId('asked'), `${streams}`);
  byId('close').addEventListener('click', closeOne);
  draw();
  lights.forEach((light, place) => setTimeout(() => ask(light), place * askEvery));
  setTimeout(askHealth, streams * askEvery);
}

addEventListener('pagehide', () => lanes.forEach((lane) => lane.source.close()));
start();
