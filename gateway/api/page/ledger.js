// What: which of the numbered events were published and which arrived. No document, no network.

export class Ledger {
  #sentAt = new Map(); // number → when it was published; those settled are forgotten
  #got = new Set();
  last = 0; // the number published last

  publish(at) {
    this.last += 1;
    this.#sentAt.set(this.last, at);
    return this.last;
  }

  /** Takes a number that arrived; false when it came before. */
  receive(number) {
    if (this.#got.has(number)) return false;
    this.#got.add(number);
    return true;
  }

  /** When those up to `number` were published that have not arrived; asks for each only once. */
  missing(number) {
    const missed = [];
    for (const [sent, at] of this.#sentAt) {
      if (sent > number) continue;
      if (!this.#got.has(sent)) missed.push(at);
      this.#sentAt.delete(sent);
      this.#got.delete(sent);
    }
    return missed;
  }
}
