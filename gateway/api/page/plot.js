// What: a plot of the last minute: one or two lines with axes and units. The lines stretch with the
// page, the words beside them do not.

import { drawing, key, make } from './dom.js';

const points = 120;
const seconds = 60;
const names = ['first', 'second'];

/** The smallest of 1, 2, 5, 10, 20, … that is not below the value. */
function niceMax(value) {
  if (!(value > 0)) return 1;
  const ten = 10 ** Math.floor(Math.log10(value));
  return ten * [1, 2, 5, 10].find((step) => step * ten >= value);
}

const tick = (value) => (value < 1000 ? +value.toPrecision(2) : `${+(value / 1000).toFixed(1)}k`);

export class Plot {
  #samples = []; // an array of values, or null where there is none, for each moment
  #box = drawing('grid', ...names);
  #ticks = [1, 0.5, 0].map(() => make('span'));
  #value = make('strong');
  element;

  /** `lines`: what the lines are called where there are two. */
  constructor(title, ...lines) {
    const [grid] = this.#box.children;
    grid.setAttribute('d', 'M0 0H100M0 50H100M0 100H100');
    const keys = lines.flatMap((words, place) => key(names[place], words));
    this.element = make('figure', { class: 'plot' },
      make('figcaption', {}, title, ...keys, this.#value),
      make('div', { class: 'axes' }, this.#box, make('div', { class: 'ticks' }, ...this.#ticks),
        make('div', { class: 'span' }, make('span', {}, `−${seconds} s`), 'now')));
    this.clear();
  }

  /** A moment's values, one for each line; `text` says them. */
  add(values, text) {
    this.#samples = [...this.#samples, values].slice(-points);
    this.#draw(text);
  }

  clear() {
    this.#samples = [];
    this.#draw('–');
  }

  #draw(text) {
    const top = niceMax(Math.max(...this.#samples.flat()));
    this.#value.textContent = text;
    this.#ticks.forEach((span, place) => { span.textContent = tick(top * (1 - place / 2)); });
    const percent = (value) => (100 * value).toFixed(2);
    names.forEach((_, line) => {
      const at = this.#samples.toReversed().flatMap(({ [line]: y }, ago) => (
        Number.isFinite(y) ? `${percent(1 - ago / (points - 1))} ${percent(1 - y / top)}` : []));
      this.#box.children[1 + line].setAttribute('d', at.length ? `M${at.join('L')}` : '');
    });
  }
}
