// What: draws the cards into columns and turns buttons, dragging and the form into actions. A card
// keeps its element while it lives, so that focus follows it.

import { randomId } from './api.js';
import { columns } from './cards.js';
import { byId, make, say } from './dom.js';

const titles = { todo: 'To do', doing: 'Doing', done: 'Done' };

export class BoardView {
  #actions;
  #items = new Map(); // card id → { card, item, text, back, on, drop }
  #changed = null; // id of the card that lights up when it is drawn

  /** `actions`: put(card) and drop(card), which publish and give whether that went well. */
  constructor(actions) {
    this.#actions = actions;
    byId('post').onsubmit = (event) => this.#post(event);
    for (const column of columns) this.#acceptDrops(column, byId(column));
  }

  draw(cards, picked) {
    const gone = new Set(this.#items.keys());
    for (const column of columns) {
      const shown = cards.shown(picked, column);
      shown.forEach((card, place) => this.#place(card, byId(column), place));
      for (const { id } of shown) gone.delete(id);
      say(`${column}-count`, shown.length);
    }
    for (const id of gone) this.#remove(id);
  }

  /** A card is posted to a board that one sees. */
  offer(boards) {
    const select = byId('board');
    for (const option of select.options) option.disabled = !boards.includes(option.value);
    if (!boards.includes(select.value)) select.value = boards[0] ?? '';
  }

  /** Says what happened to a card, for those who do not see it, and lets it light up. */
  announce({ before, after }) {
    const event = !after ? 'deleted' : before ? `now in ${titles[after.column]}` : 'posted';
    const { id, board, text } = after ?? before;
    say('news', `${board}: “${text}” ${event}`);
    this.#changed = id;
  }

  #place(card, list, place) {
    const known = this.#items.get(card.id) ?? this.#build(card.id);
    const { item, back, on } = known;
    known.card = card;
    this.#fill(known);
    if (list.children[place] !== item) {
      const focused = item.contains(document.activeElement) && document.activeElement;
      list.insertBefore(item, list.children[place] ?? null);
      if (focused) (focused.disabled ? [back, on].find((one) => !one.disabled) : focused).focus();
    }
    if (this.#changed === card.id) this.#light(item, list);
  }

  #light(item, list) {
    this.#changed = null;
    // Scrolled by hand: scrollIntoView would move the page too.
    list.scrollTop = Math.max(0, item.offsetTop + item.offsetHeight - list.clientHeight);
    item.classList.remove('new');
    requestAnimationFrame(() => item.classList.add('new'));
  }

  #fill({ card, item, text, back, on, drop }) {
    const at = columns.indexOf(card.column);
    item.dataset.board = card.board;
    item.querySelector('.tag').textContent = card.board;
    text.textContent = card.text;
    for (const [button, way, to] of [[back, 'back', at - 1], [on, 'on', at + 1]]) {
      button.disabled = !columns[to];
      button.ariaLabel = `Move “${card.text}” ${way} to ${titles[columns[to]] ?? '–'}`;
    }
    drop.ariaLabel = `Delete “${card.text}”`;
  }

  #build(id) {
    const [back, on, drop] = ['←', '→', '×'].map((sign) => make('button', {}, sign));
    const text = make('p');
    const item = make('li', { class: 'card', draggable: true }, text,
      make('footer', {}, make('span', { class: 'tag' }), back, on, drop));
    const known = { item, text, back, on, drop };
    const shift = (by) => this.#move(known.card, columns[columns.indexOf(known.card.column) + by]);
    back.onclick = () => shift(-1);
    on.onclick = () => shift(1);
    drop.onclick = () => this.#actions.drop(known.card);
    item.ondragstart = (event) => event.dataTransfer.setData('text/plain', id);
    this.#items.set(id, known);
    return known;
  }

  #move(card, column) {
    if (card && card.column !== column) this.#actions.put({ ...card, column });
  }

  /** Takes the element away; focus that was in it goes to a neighbour, or to the form. */
  #remove(id) {
    const { item } = this.#items.get(id);
    const near = item.nextElementSibling ?? item.previousElementSibling;
    const focused = item.contains(document.activeElement);
    item.remove();
    this.#items.delete(id);
    if (focused) (near?.querySelector('button:last-of-type') ?? byId('text')).focus();
  }

  #acceptDrops(column, list) {
    for (const name of ['dragover', 'dragleave', 'drop']) {
      list.addEventListener(name, (event) => {
        event.preventDefault();
        list.classList.toggle('over', name === 'dragover');
        if (name !== 'drop') return;
        this.#move(this.#items.get(event.dataTransfer.getData('text/plain'))?.card, column);
      });
    }
  }

  async #post(event) {
    event.preventDefault();
    const input = byId('text');
    const { value } = input;
    const card = { id: randomId(), board: byId('board').value, column: 'todo', text: value.trim() };
    const done = card.text && await this.#actions.put(card);
    if (done && input.value === value) input.value = '';
  }
}
