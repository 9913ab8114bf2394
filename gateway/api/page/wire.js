// What: the last lines of the stream as they came, so that one sees how little there is to it.

import { byId, make } from './dom.js';

const linesMax = 5;

export function wireLine(where, what, data) {
  const list = byId('wire');
  list.append(make('li', {}, make('span', {}, where), make('b', {}, what), JSON.stringify(data)));
  while (list.children.length > linesMax) list.firstChild.remove();
}
