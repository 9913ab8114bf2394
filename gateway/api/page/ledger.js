// What: which of the numbered events were published and which arrived. No document, no network.

export class Ledger {
  #waiting = new Map(); // number → when it was published
  #last = 0;

  /** The next number. */
  publish(at) {
    this.#last += 1;
    this.#waiting.set(this.#last, at);
    return this.#last;
  }

  /** Takes a number that arrived; false when it came before. */
  receive = (number) => this.#waiting.delete(number);

  /** When those were published that should have arrived by now; names each only once. */
  missing(publishedBefore) {
    const missed = [...this.#waiting].filter(([, at]) => at < publishedBefore);
    for (const [number] of missed) this.#waiting.delete(number);
    return missed.map(([, at]) => at);
  }
}
