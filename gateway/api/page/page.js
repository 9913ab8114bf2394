// What: starts the page: the board at once, the demonstrations when somebody asks for them.

import { listeners } from './api.js';
import { startBoard } from './board.js';
import { setUpCable } from './cable.js';
import { byId } from './dom.js';
import { setUpLanes } from './lanes.js';
import { setUpRate } from './rate.js';

/** The lines to try are written for the usual address; this is where the page came from. */
function fillLines() {
  for (const line of document.querySelectorAll('.code pre')) {
    line.textContent = line.textContent.replace('https://localhost:8443', location.origin);
  }
}

async function copy(button) {
  await navigator.clipboard.writeText(byId(button.dataset.copy).textContent);
  button.firstChild.data = 'Copied';
  setTimeout(() => { button.firstChild.data = 'Copy'; }, 1500);
}

fillLines();
for (const button of document.querySelectorAll('[data-copy]')) {
  button.addEventListener('click', () => copy(button));
}
startBoard();
setUpRate();
const where = await listeners();
if (location.protocol === 'http:' && where.secure) {
  byId('to-secure').href = where.secure;
  byId('insecure').hidden = false;
}
setUpLanes(where);
setUpCable(where);
