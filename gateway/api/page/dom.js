// What: the few words the modules share for the document: find, make, number, say.

export const byId = (id) => document.getElementById(id);

/** A new element: make('button', { type: 'button' }, 'text or nodes', …). */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** An SVG that stretches over its place, with one path of each class. */
export function drawing(...classes) {
  const create = (name) => document.createElementNS('http://www.w3.org/2000/svg', name);
  const box = create('svg');
  box.setAttribute('viewBox', '0 0 100 100');
  box.setAttribute('preserveAspectRatio', 'none');
  box.setAttribute('aria-hidden', 'true');
  for (const name of classes) box.appendChild(create('path')).setAttribute('class', name);
  return box;
}

/** A line's colour beside its name. */
export const key = (name, words) => [make('i', { class: `key ${name}` }), words];

/** 1234567 → "1 234 567", with narrow spaces that do not break. */
export const number = (value) => Math.round(value).toLocaleString('en').replaceAll(',', '\u202f');

export const plural = (count, word) => `${number(count)} ${word}${count === 1 ? '' : 's'}`;

/** Milliseconds in words: "4 ms", "3.2 s". */
export const duration = (ms) =>
  ms < 1000 ? `${Math.max(1, Math.round(ms))} ms` : `${(ms / 1000).toFixed(1)} s`;

/** Sets an element's text, only when it differs: a live region then speaks once. */
export function say(id, text) {
  const element = byId(id);
  if (element.textContent !== `${text}`) element.textContent = text;
}

/** The last digits of an id, which are what changes. */
export const shortId = (id) => (id ? `…${id.slice(-6)}` : 'none');
