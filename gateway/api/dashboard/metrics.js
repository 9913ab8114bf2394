// What: /metrics as numbers: one look, and what happened between the looks of the last minutes. No
// document, no network.

const KEPT = 60; // looks
const MINUTE = 60_000;

/** What an operator may want to know of, should it be more than zero: counters, and what is now. */
const TROUBLE = new RegExp('refus|gaps|timeout|lost|losses|dropped|fail|errors|stalled|fallen|'
  + 'exhausted|rejected|malformed|forgotten|silences|skipped|foreign');
const OF_A_BOARD = /^boardcast_board_/;
const TROUBLE_NOW = /commands_refused|renewal_failing|starved/;

/** One exposition: `values` by "name{labels}", and `kinds`: {type, help} by name. Of single boards,
 * whose names are anybody's, nothing. */
export function read(text) {
  const look = { values: new Map(), kinds: new Map() };
  for (const line of text.trim().split('\n')) {
    const [, part, name, rest] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (part) {
      look.kinds.set(name, { ...look.kinds.get(name), [part.toLowerCase()]: rest });
    } else if (!OF_A_BOARD.test(line)) {
      const space = line.lastIndexOf(' ');
      look.values.set(line.slice(0, space), Number(line.slice(space + 1)));
    }
  }
  return look;
}

/** The values of a key's labels. */
export const labels = (key) => [...key.matchAll(/="([^"]*)"/g)].map(([, value]) => value);
const nameOf = (key) => key.split('{')[0];

export class History {
  #looks = []; // the oldest first

  /** A look at `at` (ms); that at another process begins anew. */
  add(at, look) {
    const began = ({ values }) => values.get('process_start_time_seconds');
    if (this.#looks.length && began(this.#looks[0].look) !== began(look)) this.#looks = [];
    this.#looks.push({ at, look });
    if (this.#looks.length > KEPT) this.#looks.shift();
  }

  /** The newest value; undefined when there is none. */
  value(key) {
    return this.#looks.at(-1).look.values.get(key);
  }

  /** The first key of this name, with its labels. */
  key(name) {
    return [...this.#looks.at(-1).look.values.keys()].find((key) => nameOf(key) === name) ?? name;
  }

  /** How much a counter grew in a second, between each two looks. */
  rates(key) {
    const of = ({ look }) => look.values.get(key) ?? 0;
    return this.#looks.slice(1).map((later, place) => {
      const before = this.#looks[place];
      return ((of(later) - of(before)) * 1000) / Math.max(1, later.at - before.at);
    });
  }

  /** What went wrong, or does now, and is not zero; first those that grew within a minute. */
  troubles() {
    const { at, look } = this.#looks.at(-1);
    const before = this.#looks.find((one) => at - one.at <= MINUTE).look;
    const wrong = ([key, count]) => count > 0
      && (look.kinds.get(nameOf(key))?.type === 'counter' ? TROUBLE : TROUBLE_NOW).test(key);
    return [...look.values].filter(wrong).map(([key, count]) => ({
      key,
      what: nameOf(key).replace(/^boardcast_|_total$/g, '').replaceAll('_', ' '),
      of: labels(key).join(', '),
      help: look.kinds.get(nameOf(key)).help,
      count,
      recent: count - (before.values.get(key) ?? 0),
    })).sort((a, b) => b.recent - a.recent || (a.key < b.key ? -1 : 1));
  }
}
