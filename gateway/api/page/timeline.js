// What: the strip of "cut the cable": what was published, what arrived and when the connection was
// cut and came back, over the last seconds. Marks are gathered into one path for each kind.

import { make } from './dom.js';

const svg = 'http://www.w3.org/2000/svg';
const shownMs = 20_000;
const rows = { sent: [8, 38], missed: [8, 38], got: [58, 88], cuts: [0, 100], backs: [0, 100] };

export class Timeline {
  #paths = {};
  #marks = { sent: [], missed: [], got: [], cuts: [], backs: [] };

  constructor(parent) {
    const box = document.createElementNS(svg, 'svg');
    box.setAttribute('viewBox', '0 0 100 100');
    box.setAttribute('preserveAspectRatio', 'none');
    for (const kind of Object.keys(rows)) {
      this.#paths[kind] = document.createElementNS(svg, 'path');
      this.#paths[kind].setAttribute('class', kind);
      box.append(this.#paths[kind]);
    }
    parent.append(make('span', { class: 'row first' }, 'published'),
      make('span', { class: 'row second' }, 'received'), box,
      make('div', { class: 'span' }, make('span', {}, `${shownMs / 1000} s ago`),
        make('span', { class: 'legend' },
          make('i', { class: 'key missed' }), 'missed', make('i', { class: 'key cuts' }), 'cut',
          make('i', { class: 'key backs' }), 'back'),
        make('span', {}, 'now')));
  }

  /** A mark of this kind at this time (performance.now()). */
  add(kind, at) {
    this.#marks[kind].push(at);
  }

  clear() {
    for (const kind of Object.keys(rows)) this.#marks[kind] = [];
  }

  draw(now) {
    for (const [kind, [top, bottom]] of Object.entries(rows)) {
      const seen = this.#marks[kind].filter((at) => at > now - shownMs);
      this.#marks[kind] = seen;
      this.#paths[kind].setAttribute('d', seen.map((at) =>
        `M${(100 - (now - at) * 100 / shownMs).toFixed(2)} ${top}V${bottom}`).join(''));
    }
  }
}
