// What: the last lines of the stream as they came, so that one sees how little there is to it.

import { make, shortId } from './dom.js';

const linesMax = 5;

export class Wire {
  #list;

  constructor(list) {
    this.#list = list;
  }

  event(id, { board, event, data }) {
    this.#add(shortId(id), `${board} ${event}`, JSON.stringify(data));
  }

  /** An event of the gateway itself. */
  own(name, data) {
    this.#add('gateway', `boardcast.${name}`, JSON.stringify(data));
  }

  #add(where, what, data) {
    this.#list.append(make('li', {}, make('span', {}, where), make('b', {}, what), data));
    while (this.#list.children.length > linesMax) this.#list.firstChild.remove();
  }
}
