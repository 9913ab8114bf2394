// What: the task board: one stream of the picked boards, one POST for each action; cards change
// only when an event comes back. A tab that opens says hello on the boards, and another answers
// with what it knows.

import { gapReason, listen, path, publish } from './api.js';
import { BoardView } from './board_view.js';
import { Cards, mark, readCard, samples } from './cards.js';
import { byId, make, plural, say, shortId } from './dom.js';

const tab = crypto.randomUUID();
const answerWithin = 300; // ms
const wireMax = 5; // lines

const cards = new Cards();
const answers = new Map(); // board → timer of the answer that this tab owes
let picked = [];
let stream = null;

const notice = (text) => say('board-notice', text);
const send = (board, data) => ({ board, event: 'card', data });

/** Publishes; what goes wrong is said and changes nothing. */
const act = (events) => publish(events).catch((error) => notice(`Not published: ${error.message}`));

const view = new BoardView({
  put: ({ id, board, column, text }) => act(send(board, { op: 'put', id, column, text })),
  drop: ({ id, board }) => act(send(board, { op: 'drop', id })),
});

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

// --- What other tabs say

function answerLater(board) {
  clearTimeout(answers.get(board));
  answers.set(board, setTimeout(() => {
    answers.delete(board);
    act(send(board, { op: 'cards', tab, cards: cards.of(board) }));
  }, Math.random() * answerWithin));
}

function hello(data) {
  if (data.tab === tab || !Array.isArray(data.boards)) return;
  data.boards.filter((board) => picked.includes(board)).forEach(answerLater);
}

function snapshot(board, data) {
  if (!Array.isArray(data.cards)) return;
  if (cards.coveredBy(data.cards, board)) {
    clearTimeout(answers.get(board));
    answers.delete(board);
  }
  const news = data.cards.filter((card) => cards.merge(readCard(card, board, card?.at)));
  if (news.length) notice(`Another tab sent ${plural(news.length, 'card')}.`);
}

// --- The stream

function take(data, envelope) {
  const card = readCard(data, envelope.board, mark(envelope));
  const before = cards.get(card?.id);
  if (cards.merge(card)) view.announce(card, before);
}

/** What one event does to the cards; plain text from a publisher becomes a card. */
function apply(envelope) {
  const { id, board, data } = envelope;
  if (typeof data === 'string') take({ id, text: data, column: 'todo' }, envelope);
  else if (data?.op === 'put') take(data, envelope);
  else if (data?.op === 'drop') take({ id: data.id, gone: true }, envelope);
  else if (data?.op === 'hello') hello(data);
  else if (data?.op === 'cards') snapshot(board, data);
}

function recall(board) {
  const stored = JSON.parse(localStorage.getItem(`boardcast.${board}`));
  const known = stored ?? samples.filter((card) => card.board === board);
  for (const card of known) cards.merge(readCard(card, board, card.at));
}

const handlers = {
  message({ data, lastEventId }) {
    const envelope = JSON.parse(data);
    const { board } = envelope;
    wireLine(shortId(lastEventId), `${board} ${envelope.event}`, envelope.data);
    say('last-id', shortId(lastEventId));
    apply(envelope);
    localStorage.setItem(`boardcast.${board}`, JSON.stringify(cards.of(board)));
    view.draw(cards, picked);
  },
  open(told, id) {
    status('open', told);
    say('last-id', shortId(id));
    say('boards', told.boards.join(', '));
    wireLine('gateway', 'boardcast.open', told);
    act({ boards: picked, event: 'card', data: { op: 'hello', tab, boards: picked } });
  },
  gap(gap) {
    wireLine('gateway', 'boardcast.gap', gap);
    notice(`Events may be missing; the gateway says that ${gapReason(gap.reason)}.`);
  },
  end: (end) => wireLine('gateway', 'boardcast.end', end),
  error: ({ target }) => status(target.readyState === 2 ? 'closed' : 'reconnecting'),
};

/** Reads these boards from now on, on a stream of their own. */
function pick(boards) {
  picked = boards;
  stream?.close();
  boards.forEach(recall);
  view.draw(cards, picked);
  view.offer(boards);
  say('request', boards.length ? path(boards) : '–');
  status(boards.length ? 'connecting' : 'no board');
  stream = boards.length ? listen(boards, handlers) : null;
}

export function startBoard() {
  const boxes = [...document.querySelectorAll('#picks input')];
  const pickChosen = () => pick(boxes.filter((box) => box.checked).map((box) => box.value));
  for (const box of boxes) box.onchange = pickChosen;
  pickChosen();
}
