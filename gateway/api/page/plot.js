// What: a plot of the last minute: one or two lines over time, with axes and units. The lines
// stretch with the page while the words beside them do not.

import { make, number } from './dom.js';

const svg = 'http://www.w3.org/2000/svg';
const points = 120;
const gridAt = [0, 50, 100];

/** The smallest of 1, 2, 5, 10, 20, … that is not below the value. */
export function niceMax(value) {
  if (!(value > 0)) return 1;
  const ten = 10 ** Math.floor(Math.log10(value));
  return ten * [1, 2, 5, 10].find((step) => step * ten >= value);
}

function line(name) {
  const path = document.createElementNS(svg, 'path');
  path.setAttribute('class', name);
  return path;
}

const label = (value) => (value >= 1000 ? `${number(value / 100) / 10}k` : `${+value.toPrecision(2)}`);

export class Plot {
  #samples = []; // one array of values (or null) for each moment
  #lines;
  #ticks;
  #value;
  element;

  /** `names`: one line, or two; `seconds` is what the width stands for. */
  constructor(title, names, seconds) {
    const box = document.createElementNS(svg, 'svg');
    box.setAttribute('viewBox', '0 0 100 100');
    box.setAttribute('preserveAspectRatio', 'none');
    box.setAttribute('aria-hidden', 'true');
    const grid = line('grid');
    grid.setAttribute('d', gridAt.map((y) => `M0 ${y}H100`).join(''));
    this.#lines = names.map((_, place) => line(place ? 'second' : 'first'));
    box.append(grid, ...this.#lines);
    this.#ticks = gridAt.map(() => make('span'));
    this.#value = make('strong', {}, '–');
    const keys = names.length < 2 ? [] : names.flatMap(
      (name, place) => [make('i', { class: `key ${place ? 'second' : ''}` }), name]);
    this.element = make('figure', { class: 'plot' },
      make('figcaption', {}, title, ' ', ...keys, this.#value),
      make('div', { class: 'axes' }, box, make('div', { class: 'ticks' }, ...this.#ticks),
        make('div', { class: 'span' }, make('span', {}, `${seconds} s ago`), make('span', {}, 'now'))));
    this.#draw();
  }

  /** A moment's values, one for each line, null where there is none; `text` says them. */
  add(values, text) {
    this.#samples.push(values);
    if (this.#samples.length > points) this.#samples.shift();
    this.#value.textContent = text;
    this.#draw();
  }

  clear() {
    this.#samples = [];
    this.#value.textContent = '–';
    this.#draw();
  }

  #draw() {
    const top = niceMax(Math.max(0, ...this.#samples.flat().map((value) => value ?? 0)));
    [top, top / 2, 0].forEach((value, place) => {
      this.#ticks[place].textContent = label(value);
    });
    const first = points - this.#samples.length;
    this.#lines.forEach((path, which) => {
      const steps = this.#samples.map((values, place) => [first + place, values[which]])
        .filter(([, value]) => value !== null && value !== undefined)
        .map(([x, value]) => `${(x * 100 / (points - 1)).toFixed(2)} ${(100 - value * 100 / top).toFixed(2)}`);
      path.setAttribute('d', steps.length > 1 ? `M${steps.join('L')}` : '');
    });
  }
}
