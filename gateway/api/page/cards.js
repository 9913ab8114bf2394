// What: the cards of the boards, as one tab knows them: what the events of their boards add up to.
// No document, no network.

export const columns = ['todo', 'doing', 'done'];

const cardsMax = 300;
const idMax = 64;
const textMax = 200;

/** What a tab shows before any event. */
const samples = [
  ['demo-red', 'todo', 'Open this page in a second tab'],
  ['demo-blue', 'todo', 'Post a card with curl (see the end of the page)'],
  ['demo-red', 'doing', 'Move a card: every open tab follows'],
  ['demo-ops', 'doing', 'Unpick a board: its events stop coming'],
  ['demo-blue', 'done', 'Start the gateway'],
].map(([board, column, text], place) => ({ id: `sample-${place}`, board, column, text }));

/** Anybody may publish on these boards, and anything. */
const isCard = ({ id, column, text }) => typeof id === 'string' && id.length <= idMax
  && typeof text === 'string' && columns.includes(column);

const same = (a, b) => a.board === b.board && a.column === b.column && a.text === b.text;

export class Cards {
  #all = new Map(samples.map((card) => [card.id, card])); // in the order of their last change

  /** Takes an event in, and returns the card that it changed as { before, after }, if any. */
  apply({ id, board, data }) {
    if (typeof data === 'string') return this.#put({ id, board, column: 'todo', text: data });
    if (data?.op === 'put') return this.#put({ ...data, board });
    return data?.op === 'drop' ? this.#change(data.id, null) : null;
  }

  shown = (boards, column) => [...this.#all.values()]
    .filter((card) => card.column === column && boards.includes(card.board));

  #put(card) {
    if (!isCard(card)) return null;
    const { id, board, column, text } = card;
    return this.#change(id, { id, board, column, text: text.slice(0, textMax) });
  }

  #change(id, after) {
    const before = this.#all.get(id);
    if (after ? before && same(before, after) : !before) return null;
    this.#all.delete(id);
    if (after) this.#all.set(id, after);
    if (this.#all.size > cardsMax) this.#all.delete(this.#all.keys().next().value);
    return { before, after };
  }
}
