// What: arithmetic of "events a second": whether one stream gets numbered events each once and in
// order, and percentiles of many delays. No document, no network.

/** One stream's numbers 0, 1, 2, …; counts delivered, lost, told and disordered in `tally`. */
export class Sequence {
  #tally;
  #next = null; // the number that should come
  #missing = new Map(); // number → lost, or told: the gateway said that it may be missing
  #kind = 'lost';

  constructor(tally) {
    this.#tally = tally;
  }

  /** The gateway said that events may be missing before the next one. */
  gap() {
    this.#kind = 'told';
  }

  take(sequence) {
    this.#tally.delivered += 1;
    if (this.has(sequence + 1)) {
      this.#tally.disordered += 1;
      if (this.#missing.has(sequence)) this.#tally[this.#missing.get(sequence)] -= 1;
      this.#missing.delete(sequence);
      return;
    }
    this.finish(sequence);
    this.#next += 1;
    this.#kind = 'lost';
  }

  /** All numbers below this one should be here by now. */
  finish(sequence) {
    for (this.#next ??= sequence; this.#next < sequence; this.#next += 1) {
      this.#missing.set(this.#next, this.#kind);
      this.#tally[this.#kind] += 1;
    }
  }

  /** Whether it is past all numbers below this one. */
  has(sequence) {
    return this.#next !== null && this.#next >= sequence;
  }
}

const perDoubling = 16; // buckets: each is 4 % wider than the one before
const smallest = 0.01; // ms

/** Counts delays in milliseconds in buckets, so that a hundred thousand a second cost little. */
export class Delays {
  #buckets = new Uint32Array(512);
  #count = 0;

  add(ms) {
    const bucket = Math.round(Math.log2(Math.max(ms / smallest, 1)) * perDoubling);
    this.#buckets[Math.min(bucket, 511)] += 1;
    this.#count += 1;
  }

  /** The delay that this share of all stays below, in ms; null without any. */
  percentile(share) {
    let left = Math.ceil(this.#count * share);
    const at = this.#buckets.findIndex((count) => (left -= count) <= 0);
    return this.#count ? smallest * 2 ** (at / perDoubling) : null;
  }
}
