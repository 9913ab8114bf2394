// What: the task board: one stream for the picked boards, one POST for each action, and the cards
// change only when an event comes back. A tab that opens asks the others on the board itself
// ("hello"); one of them answers with what it knows, unless another was faster.

import { gapReason, listen, publish } from './api.js';
import { BoardView } from './board_view.js';
import { Cards, mark, readCard, samples } from './cards.js';
import { byId, plural, say, shortId } from './dom.js';
import { Wire } from './wire.js';

const tab = crypto.randomUUID();
const answerWithin = 300; // ms

const cards = new Cards();
const wire = new Wire(byId('wire'));
const answers = new Map(); // board → timer of the answer that this tab owes
let picked = [];
let stream = null;

const send = (board, data) => ({ board, event: 'card', data });

/** Publishes; what goes wrong is said and changes nothing. */
const act = (events) => publish(events).catch((error) => notice(`Not published: ${error.message}`));

const view = new BoardView({
  put: ({ id, board, column, text }) => act(send(board, { op: 'put', id, column, text })),
  drop: ({ id, board }) => act(send(board, { op: 'drop', id })),
});

function notice(text) {
  say(byId('board-notice'), text);
}

function status(state, protocol = '', connection = '') {
  byId('connection').dataset.state = state;
  say(byId('state'), state);
  say(byId('protocol'), protocol === 'h2' ? 'HTTP/2' : protocol || '–');
  say(byId('connection-id'), connection || '–');
}

// --- What other tabs say --------------------------------------------------------------------------

function answerLater(board) {
  clearTimeout(answers.get(board));
  answers.set(board, setTimeout(() => {
    answers.delete(board);
    act(send(board, { op: 'cards', tab, cards: cards.of(board) }));
  }, Math.random() * answerWithin));
}

function hello({ tab: from, boards }) {
  if (from === tab || !Array.isArray(boards)) return;
  for (const board of boards) if (picked.includes(board)) answerLater(board);
}

function snapshot(board, data) {
  if (!Array.isArray(data.cards)) return;
  if (answers.has(board) && cards.coveredBy(data.cards, board)) {
    clearTimeout(answers.get(board));
    answers.delete(board);
  }
  const read = data.cards.map((card) => readCard(card, board, card?.at)).filter(Boolean);
  const news = read.filter((card) => cards.merge(card));
  if (news.length && data.tab !== tab) notice(`Another tab sent ${plural(news.length, 'card')}.`);
}

// --- The stream -----------------------------------------------------------------------------------

/** What one event does to the cards; plain text from a publisher becomes a card. */
function apply(envelope) {
  const { board, data } = envelope;
  if (typeof data === 'string') {
    return take(readCard({ id: envelope.id, text: data, column: 'todo' }, board, mark(envelope)));
  }
  switch (data?.op) {
    case 'put': return take(readCard(data, board, mark(envelope)));
    case 'drop': return take(readCard({ id: data.id, gone: true }, board, mark(envelope)));
    case 'hello': return hello(data);
    case 'cards': return snapshot(board, data);
    default: return undefined;
  }
}

function take(card) {
  if (!card) return;
  const before = cards.get(card.id);
  if (cards.merge(card)) view.announce(card, before);
}

function keep(board) {
  localStorage.setItem(`boardcast.${board}`, JSON.stringify(cards.of(board)));
}

function recall(board) {
  const stored = JSON.parse(localStorage.getItem(`boardcast.${board}`) ?? '[]');
  const known = stored.length ? stored : samples.filter((card) => card.board === board);
  for (const card of known) cards.merge(readCard(card, board, card.at));
}

function onMessage(message) {
  const envelope = JSON.parse(message.data);
  wire.event(message.lastEventId, envelope);
  apply(envelope);
  say(byId('last-id'), shortId(message.lastEventId));
  keep(envelope.board);
  view.draw(cards, picked);
}

function onOpen(opened, id) {
  status('open', opened.protocol, opened.connection);
  say(byId('last-id'), shortId(id));
  say(byId('boards'), opened.boards.join(', '));
  wire.own('open', opened);
  act({ boards: picked, event: 'card', data: { op: 'hello', tab, boards: picked } });
}

const handlers = {
  message: onMessage,
  open: onOpen,
  gap(gap) {
    wire.own('gap', gap);
    notice(`Events may be missing: the gateway says ${gapReason(gap.reason)}. Asking other tabs.`);
  },
  end: (end) => wire.own('end', end),
  error: () => status('reconnecting'),
};

/** Reads these boards from now on, on a stream of their own. */
function pick(boards) {
  picked = boards;
  stream?.close();
  for (const timer of answers.values()) clearTimeout(timer);
  answers.clear();
  boards.forEach(recall);
  view.draw(cards, picked);
  view.offer(boards);
  say(byId('request'), boards.length ? `/events?boards=${boards.join(',')}&format=json` : '–');
  status(boards.length ? 'connecting' : 'no board picked');
  stream = boards.length ? listen(boards, handlers) : null;
}

export function startBoard() {
  const boxes = [...document.querySelectorAll('#picks input')];
  const chosen = () => boxes.filter((box) => box.checked).map((box) => box.value);
  for (const box of boxes) box.addEventListener('change', () => pick(chosen()));
  pick(chosen());
}
