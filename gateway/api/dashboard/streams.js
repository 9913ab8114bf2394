// What: the table of streams, with the button that ends one, and the list of whom that refuses.

import { byId, bytes, duration, make, number, plural, say, sync, word } from './dom.js';
import { kick, takeBack } from './gateway.js';

const ARMED = 8000; // ms in which the second click counts
const BOARDS = 4; // shown of a stream

/** A button that acts at its second click: a row may have moved under the first. */
function carefulButton(name, what, action) {
  const button = make('button', '', name);
  let armed = 0;
  const show = (label) => {
    say(button, label);
    button.setAttribute('aria-label', `${label} ${what}`);
    button.classList.toggle('armed', armed !== 0);
  };
  const disarm = () => {
    clearTimeout(armed);
    armed = 0;
    show(name);
  };
  button.onclick = () => {
    if (armed) {
      disarm();
      action();
    } else {
      armed = setTimeout(disarm, ARMED);
      show('Sure?');
    }
  };
  disarm();
  return button;
}

/** Does it, says how it went, and looks again. */
async function act(work, done, look) {
  try {
    await work();
    say(byId('notice'), done);
  } catch (error) {
    say(byId('notice'), `Not done: ${error.message}`);
  }
  look();
}

function newRow({ id }, look) {
  const cells = ['', '', '', '', ''].map(() => make('td'));
  const button = carefulButton('Kick', `stream ${id}`, () =>
    act(() => kick(id, byId('for').value), `Stream ${id} was ended.`, look));
  return make('tr', '', make('td', '', word(id, 'id')), ...cells, make('td', '', button));
}

function lagOf({ events, bytes: size }) {
  if (events === 0) return '0';
  return `${plural(events, 'event')}${size === undefined ? ' at most' : `, ${bytes(size)}`}`;
}

/** The boards of a row change seldom: they are made anew when they do. */
function fillBoards(cell, { boards, more = 0 }) {
  const hidden = more + Math.max(0, boards.length - BOARDS);
  const shown = JSON.stringify([boards, more]);
  if (cell.shown === shown) return;
  cell.shown = shown;
  cell.replaceChildren(...boards.slice(0, BOARDS).map((name) => word(name, 'tag')),
    hidden ? `+${number(hidden)}` : '');
}

function fillRow(row, stream) {
  const [, client, boards, state, lag, age] = row.children;
  const { subject, peer, protocol } = stream;
  if (!client.firstChild) client.append(subject ? word(subject) : '', ` ${peer} ${protocol}`);
  fillBoards(boards, stream);
  state.className = stream.state;
  const blocked = stream.blocked ? ` ${duration(stream.blocked)}` : '';
  say(state, stream.state.replace('_', ' ') + blocked);
  say(lag, lagOf(stream.lag));
  say(age, duration(stream.age));
}

export function showStreams({ streams, total }, look) {
  sync(byId('rows'), streams.map((stream) => [stream.id, stream]),
    (stream) => newRow(stream, look), fillRow);
  say(byId('rows-note'), total === 0 ? 'No stream is open.'
    : `${number(streams.length)} of ${plural(total, 'stream')}.`);
}

export function showRefusals(refusals, look) {
  byId('refused').hidden = refusals.length === 0;
  const items = refusals.map((one) => {
    const kind = one.subject === undefined ? 'address' : 'subject';
    return [`${kind} ${one[kind]}`, { kind, who: one[kind], left: one.left }];
  });
  sync(byId('refusals'), items, ({ kind, who }) => make('li', '', word(who), make('span', 'soft'),
    carefulButton('Take back', `the refusal of ${who}`, () =>
      act(() => takeBack(kind, who), `${who} may come again.`, look))),
  (item, { left }) => say(item.children[1], `for ${duration(left)}`));
}
