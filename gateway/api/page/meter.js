// What: arithmetic of the rate demonstration: what one stream got of numbered events, and
// percentiles of many delays. No document, no network.

/** Checks that a stream gets 0, 1, 2, … each once and in order. */
export class Sequence {
  #next = null; // the number that should come
  #missing = new Map(); // number → whether the gateway told of the gap it is in
  #gapTold = false;
  disordered = 0;
  received = 0;

  /** The gateway said that events may be missing before the next one. */
  gap() {
    this.#gapTold = true;
  }

  take(sequence) {
    this.received += 1;
    this.#next ??= sequence;
    if (sequence < this.#next) {
      this.#missing.delete(sequence); // late rather than lost
      this.disordered += 1;
      return;
    }
    for (; this.#next < sequence; this.#next += 1) this.#missing.set(this.#next, this.#gapTold);
    this.#next = sequence + 1;
    this.#gapTold = false;
  }

  /** All numbers below this were published and should be here by now. */
  finish(published) {
    this.#next ??= published;
    for (; this.#next < published; this.#next += 1) this.#missing.set(this.#next, this.#gapTold);
  }

  has(published) {
    return published === 0 || (this.#next !== null && this.#next >= published);
  }

  get told() {
    return [...this.#missing.values()].filter(Boolean).length;
  }

  get lost() {
    return this.#missing.size - this.told;
  }
}

const perDoubling = 16; // buckets: each is 4 % wider than the one before

/** Counts delays in milliseconds in buckets, so that a hundred thousand a second cost little. */
export class Delays {
  #buckets = new Uint32Array(512);
  #count = 0;

  add(ms) {
    const bucket = Math.round(Math.log2(Math.max(ms, 0.01) / 0.01) * perDoubling);
    this.#buckets[Math.min(bucket, this.#buckets.length - 1)] += 1;
    this.#count += 1;
  }

  /** The delay that this share of all stays below, in ms; null without any. */
  percentile(share) {
    let left = Math.ceil(this.#count * share);
    if (!left) return null;
    const at = this.#buckets.findIndex((count) => (left -= count) <= 0);
    return 0.01 * 2 ** (at / perDoubling);
  }

  clear() {
    this.#buckets.fill(0);
    this.#count = 0;
  }
}
