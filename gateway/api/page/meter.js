// What: arithmetic of "events a second": whether a stream gets numbered events each once and in
// order, and percentiles. No document, no network.

/** One stream's numbers 0, 1, 2, …; counts delivered, lost, told and disordered in `tally`. */
export class Sequence {
  #tally;
  #unsure;
  #next = null; // the number that should come
  #missing = new Map(); // number → lost, or told: the gateway said that it may be missing
  #kind = 'lost';

  /** `unsure`: a set of the numbers that may never have been published. */
  constructor(tally, unsure) {
    this.#tally = tally;
    this.#unsure = unsure;
  }

  /** From now on all numbers from this one should come. */
  expect(sequence) {
    this.#next ??= sequence;
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
    for (this.expect(sequence); this.#next < sequence; this.#next += 1) {
      if (this.#unsure.has(this.#next)) continue;
      this.#missing.set(this.#next, this.#kind);
      this.#tally[this.#kind] += 1;
    }
  }

  /** Whether it is past all numbers below this one. */
  has(sequence) {
    return this.#next !== null && this.#next >= sequence;
  }
}

/** What this share of the numbers stays below; null without any. */
export const percentile = (sorted, share) => sorted[Math.floor(sorted.length * share)] ?? null;
