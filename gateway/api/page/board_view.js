// What: draws the cards into the three columns and turns buttons, dragging and the form into
// actions. A card keeps its element while it lives, so that focus follows it from column to column.

import { columns } from './cards.js';
import { byId, make } from './dom.js';

const titles = { todo: 'To do', doing: 'Doing', done: 'Done' };

export class BoardView {
  #actions;
  #items = new Map(); // card id → { card, item, text, left, right }
  #lists = new Map(columns.map((column) => [column, byId(column)]));

  /** `actions`: put(card) and drop(card), which publish. */
  constructor(actions) {
    this.#actions = actions;
    byId('post').addEventListener('submit', (event) => this.#post(event));
    for (const [column, list] of this.#lists) this.#acceptDrops(column, list);
  }

  draw(cards, picked) {
    const alive = new Set();
    for (const column of columns) {
      const shown = cards.shown(picked, column);
      shown.forEach((card, place) => this.#place(card, this.#lists.get(column), place));
      for (const card of shown) alive.add(card.id);
      byId(`${column}-count`).textContent = shown.length;
    }
    for (const [id, { item }] of this.#items) if (!alive.has(id)) this.#remove(id, item);
  }

  /** A card is posted to a board that one sees. */
  offer(boards) {
    const options = [...byId('board').options];
    for (const option of options) option.disabled = !boards.includes(option.value);
    if (!boards.includes(byId('board').value)) byId('board').value = boards[0] ?? '';
  }

  /** Says what happened to a card, for those who do not see it, and lets it light up. */
  announce(card, before) {
    const text = card.text ?? before?.text ?? '';
    const verb = card.gone ? 'deleted' : before ? `now in ${titles[card.column]}` : 'posted';
    byId('news').textContent = `${card.board}: “${text}” ${verb}`;
    this.#lit = card.id;
  }
  #lit = null;

  #place(card, list, place) {
    const known = this.#items.get(card.id) ?? this.#build(card);
    const { item } = known;
    known.card = card;
    this.#fill(known);
    if (list.children[place] !== item) {
      const focused = item.contains(document.activeElement) ? document.activeElement : null;
      list.insertBefore(item, list.children[place] ?? null);
      if (focused) (focused.disabled ? known.other(focused) : focused).focus();
    }
    if (this.#lit === card.id) this.#light(item);
  }

  #light(item) {
    this.#lit = null;
    const list = item.parentElement; // scrolled by hand: scrollIntoView would move the page too
    list.scrollTop = Math.max(0, item.offsetTop + item.offsetHeight - list.clientHeight);
    item.classList.remove('new');
    requestAnimationFrame(() => item.classList.add('new'));
  }

  #fill({ card, item, text, left, right, drop }) {
    const at = columns.indexOf(card.column);
    item.dataset.board = card.board;
    text.textContent = card.text;
    left.disabled = at === 0;
    right.disabled = at === columns.length - 1;
    const name = (button, words) => button.setAttribute('aria-label', words);
    name(left, `Move “${card.text}” back to ${titles[columns[at - 1]] ?? 'nowhere'}`);
    name(right, `Move “${card.text}” on to ${titles[columns[at + 1]] ?? 'nowhere'}`);
    name(drop, `Delete “${card.text}”`);
  }

  #build(card) {
    const button = (sign) => make('button', { type: 'button', class: 'icon' }, sign);
    const [left, right, drop] = [button('←'), button('→'), button('×')];
    const text = make('p');
    const foot = make('footer', {}, make('span', { class: 'tag' }, card.board), left, right, drop);
    const item = make('li', { class: 'card', draggable: 'true' }, text, foot);
    const known = { card, item, text, left, right, drop,
      other: (pressed) => (pressed === left ? right : left) };
    const shift = (by) => this.#move(known.card, columns[columns.indexOf(known.card.column) + by]);
    left.addEventListener('click', () => shift(-1));
    right.addEventListener('click', () => shift(1));
    drop.addEventListener('click', () => this.#actions.drop(known.card));
    item.addEventListener('dragstart', (event) => event.dataTransfer.setData('text/plain', card.id));
    this.#items.set(card.id, known);
    return known;
  }

  #move(card, column) {
    if (card && card.column !== column) this.#actions.put({ ...card, column });
  }

  /** Takes the element away; focus that was in it goes to a neighbour, or to the form. */
  #remove(id, item) {
    const near = item.nextElementSibling ?? item.previousElementSibling;
    if (item.contains(document.activeElement)) {
      (near?.querySelector('button:last-of-type') ?? byId('text')).focus();
    }
    item.remove();
    this.#items.delete(id);
  }

  #acceptDrops(column, list) {
    const over = (event, on) => {
      event.preventDefault();
      list.classList.toggle('over', on);
    };
    list.addEventListener('dragover', (event) => over(event, true));
    list.addEventListener('dragleave', (event) => over(event, false));
    list.addEventListener('drop', (event) => {
      over(event, false);
      this.#move(this.#items.get(event.dataTransfer.getData('text/plain'))?.card, column);
    });
  }

  #post(event) {
    event.preventDefault();
    const text = byId('text').value.trim();
    if (!text) return;
    const card = { id: crypto.randomUUID(), board: byId('board').value, column: 'todo', text };
    this.#actions.put(card);
    byId('text').value = '';
  }
}
