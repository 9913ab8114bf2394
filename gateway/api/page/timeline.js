// What: the strip of "cut the cable": what was published and arrived in the last seconds, the cut and
// the return. Each kind of mark is one path.

import { drawing, key, make } from './dom.js';

const shownMs = 20_000;
const rows = { sent: [8, 38], missed: [8, 38], got: [58, 88], cuts: [0, 100], backs: [0, 100] };

export class Timeline {
  #box = drawing(...Object.keys(rows));
  #marks;

  constructor(parent) {
    this.clear();
    parent.append(make('span', {}, 'published'), make('span', {}, 'received'), this.#box,
      make('div', { class: 'span' }, make('span', {}, `−${shownMs / 1000} s`), make('span', {},
        ...key('missed', 'missed'), ...key('cuts', 'cut'), ...key('backs', 'back')), 'now'));
  }

  /** A mark of this kind at this time (performance.now()). */
  add(kind, at) {
    this.#marks[kind].push(at);
  }

  clear() {
    this.#marks = Object.fromEntries(Object.keys(rows).map((kind) => [kind, []]));
  }

  draw(now) {
    Object.entries(rows).forEach(([kind, [top, bottom]], place) => {
      const seen = this.#marks[kind].filter((at) => at > now - shownMs);
      this.#marks[kind] = seen;
      this.#box.children[place].setAttribute('d', seen.map((at) =>
        `M${(100 - (now - at) * 100 / shownMs).toFixed(2)} ${top}V${bottom}`).join(''));
    });
  }
}
