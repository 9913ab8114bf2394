// What: the task board: one stream of the picked boards, one POST for each action; cards change
// only when an event comes back. A tab begins with what the gateway still keeps of the boards.

import { gapReason, listen, path, publish } from './api.js';
import { BoardView } from './board_view.js';
import { Cards } from './cards.js';
import { byId, make, say, shortId } from './dom.js';

const query = 'format=json&last=200';
const wireMax = 5; // lines

const cards = new Cards();
let picked = [];
let stream = null;
let newest = 0; // when the newest event was published; what a new stream repeats is older
let frame = 0;

const notice = (text) => say('board-notice', text);

/** Publishes; what goes wrong is said and changes nothing. Gives whether it went well. */
const act = (board, data) => publish({ board, event: 'card', data })
  .then(() => true, (error) => notice(`Not published: ${error.message}`));

const view = new BoardView({
  put: ({ id, board, column, text }) => act(board, { op: 'put', id, column, text }),
  drop: ({ id, board }) => act(board, { op: 'drop', id }),
});

/** Many events may come at once. */
function drawSoon() {
  cancelAnimationFrame(frame);
  frame = requestAnimationFrame(() => view.draw(cards, picked));
}

function status(state, told = {}) {
  byId('connection').dataset.state = state;
  say('state', state);
  say('protocol', told.protocol === 'h2' ? 'HTTP/2' : told.protocol?.toUpperCase() ?? '–');
  say('connection-id', told.connection ?? '–');
}

/** Shows what came on the stream: there is little to it. */
function wireLine(where, what, data) {
  const list = byId('wire');
  list.append(make('li', {}, make('span', {}, where), make('b', {}, what), JSON.stringify(data)));
  if (list.children.length > wireMax) list.firstChild.remove();
}

const handlers = {
  message({ data, lastEventId }) {
    const envelope = JSON.parse(data);
    const { board, event } = envelope;
    wireLine(shortId(lastEventId), `${board} ${event}`, envelope.data);
    say('last-id', shortId(lastEventId));
    const change = cards.apply(envelope);
    if (change && envelope.time >= newest) view.announce(change);
    newest = Math.max(newest, envelope.time);
    drawSoon();
  },
  open(told, id) {
    status('open', told);
    say('last-id', shortId(id));
    say('boards', told.boards.join(', '));
    wireLine('gateway', 'boardcast.open', told);
  },
  gap(gap) {
    wireLine('gateway', 'boardcast.gap', gap);
    notice(`Events may be missing; the gateway says that ${gapReason(gap.reason)}.`);
  },
  end: (end) => wireLine('gateway', 'boardcast.end', end),
  error: ({ target }) => status(target.readyState === EventSource.CLOSED ? 'closed' : 'reconnecting'),
};

/** Reads these boards from now on, on a stream of their own. */
function pick(boards) {
  picked = boards;
  stream?.close();
  drawSoon();
  view.offer(boards);
  say('request', boards.length ? path(boards, query) : '–');
  status(boards.length ? 'connecting' : 'no board');
  stream = boards.length ? listen(boards, handlers, query) : null;
}

export function startBoard() {
  const boxes = [...document.querySelectorAll('#picks input')];
  const pickChosen = () => pick(boxes.filter((box) => box.checked).map((box) => box.value));
  for (const box of boxes) box.onchange = pickChosen;
  pickChosen();
}
