// What: starts the page: the board at once, the demonstrations when somebody asks for them.

import { listeners } from './api.js';
import { startBoard } from './board.js';
import { setUpCable } from './cable.js';
import { byId } from './dom.js';
import { setUpLanes } from './lanes.js';
import { setUpRate } from './rate.js';

/** The lines to try are written for the usual address; this page may come from another. */
function setUpLine(line) {
  const [text, button] = line.children;
  text.textContent = text.textContent.replace('https://localhost:8443', location.origin);
  button.onclick = async () => {
    try {
      await navigator.clipboard.writeText(text.textContent);
      button.textContent = 'Copied';
    } catch { // no clipboard over plain HTTP, or none for us
      getSelection().selectAllChildren(text);
      button.textContent = 'Selected';
    }
    setTimeout(() => { button.textContent = 'Copy'; }, 1500);
  };
}

byId('insecure').hidden = location.protocol === 'https:';
document.querySelectorAll('.code').forEach(setUpLine);
startBoard();
setUpRate();
const where = await listeners();
byId('to-secure').href = where.secure ?? `https://${location.hostname}`;
setUpLanes(where);
setUpCable(where);
