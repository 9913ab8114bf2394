// What: the few words the modules share for the document and for numbers. Everything that the
// gateway tells goes in as text: names of boards, streams and subjects are strangers' words.

export const byId = (id) => document.getElementById(id);

/** A new element: make('td', 'class', 'text or nodes', …). */
export function make(name, kind = '', ...children) {
  const element = document.createElement(name);
  if (kind) element.className = kind;
  element.append(...children);
  return element;
}

/** A stranger's word: apart from what stands beside it, whatever direction its letters have. */
export function word(text, kind = 'name') {
  const element = make('bdi', kind, text);
  element.title = text;
  return element;
}

/** Sets an element's text, only when it differs. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Makes `parent` have one child for each of `items`: [key, item]; the same element as long as its
 * key is there. While somebody points at them or is in them nothing moves: what is new comes last.
 */
export function sync(parent, items, create, fill) {
  const kept = parent.kept ?? new Map();
  const held = parent.matches(':hover, :focus-within');
  parent.kept = new Map(items.map(([key, item]) => {
    const element = kept.get(key) ?? create(item, key);
    fill(element, item);
    return [key, element];
  }));
  for (const [key, element] of kept) if (!parent.kept.has(key)) element.remove();
  let next = parent.firstChild;
  for (const element of parent.kept.values()) {
    if (element === next) next = next.nextSibling;
    else if (!held) parent.insertBefore(element, next);
    else if (!element.isConnected) parent.append(element);
  }
}

/** 1234567 → "1 234 567", with narrow spaces that do not break; small ones with a digit more. */
export function number(value) {
  const digits = value < 10 && !Number.isInteger(value) ? 1 : 0;
  return value.toLocaleString('en', { maximumFractionDigits: digits }).replaceAll(',', '\u202f');
}

export const plural = (count, name, ending = 's') =>
  `${number(count)} ${name}${count === 1 ? '' : ending}`;

export function bytes(value) {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = value < 1 ? 0 : Math.min(4, Math.floor(Math.log2(value) / 10));
  return `${number(value / 1024 ** power)} ${units[power]}`;
}

/** Seconds in two words at most: "3 d 4 h", "12 min", "8 s". */
export function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min`;
  const hours = Math.floor(whole / 3600);
  if (hours < 24) return `${hours} h ${Math.floor((whole % 3600) / 60)} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
