// What: the two frames side by side. Nothing is loaded before "start"; an empty frame closes every
// stream that was open in it.

import { publish } from './api.js';
import { byId, say } from './dom.js';

const document_ = '/page/lane.html?streams=100';
const frames = { plain: byId('lane-plain'), secure: byId('lane-secure') };
let running = false;

function show(where) {
  running = !running;
  for (const [name, frame] of Object.entries(frames)) {
    frame.src = running && where[name] ? where[name] + document_ : 'about:blank';
  }
  byId('lanes-start').textContent = running ? 'Stop both' : 'Start both';
  byId('lanes-broadcast').disabled = !running;
  say(byId('lanes-notice'), running ? 'A frame that stays empty: open it in a tab.' : '');
}

async function broadcast() {
  const sent = performance.timeOrigin + performance.now();
  try {
    await publish({ board: 'lane', event: 'light', data: { sent } });
    say(byId('lanes-notice'), 'One event, published once.');
  } catch (error) {
    say(byId('lanes-notice'), `Not published: ${error.message}`);
  }
}

export function setUpLanes(where) {
  for (const name of ['plain', 'secure']) {
    if (where[name]) byId(`lane-${name}-link`).href = where[name] + document_;
    else byId(`lane-${name}-link`).hidden = true;
  }
  byId('lanes-start').addEventListener('click', () => show(where));
  byId('lanes-broadcast').addEventListener('click', broadcast);
}
