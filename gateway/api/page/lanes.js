// What: the two frames side by side. Nothing is loaded before "start"; an empty frame closes every
// stream that was open in it.

import { publish } from './api.js';
import { byId, make, say } from './dom.js';

const lane = '/page/lane.html?streams=100';
const names = ['plain', 'secure'];
let running = false;

function toggle(where) {
  running = !running;
  for (const name of names) {
    const old = byId(`lane-${name}`);
    const frame = make('iframe', { id: old.id, title: old.title }); // leaves no history to go back
    if (running && where[name]) frame.src = where[name] + lane;
    old.replaceWith(frame);
  }
  say('lanes-start', running ? 'Stop both' : 'Start both');
  byId('lanes-broadcast').disabled = !running;
  const hint = where.plain && where.secure ? 'Left frame empty? Another tab holds the six.'
    : 'One lane: this page knows no other address of the gateway.';
  say('lanes-notice', running ? hint : '');
}

async function broadcast() {
  const sent = performance.timeOrigin + performance.now(); // a frame has another origin of time
  try {
    await publish({ board: 'demo-lane', event: 'light', data: { sent } });
    say('lanes-notice', 'One event, published once.');
  } catch (error) {
    say('lanes-notice', `Not published: ${error.message}`);
  }
}

export function setUpLanes(where) {
  for (const name of names) {
    const link = byId(`lane-${name}-link`);
    link.hidden = !where[name];
    link.href = where[name] + lane;
  }
  byId('lanes-start').disabled = false;
  byId('lanes-start').onclick = () => toggle(where);
  byId('lanes-broadcast').onclick = broadcast;
}
