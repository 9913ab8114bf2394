// What: the cards of the boards, as one tab knows them. No document, no network.
//
// The last writer wins: a card carries the mark of the event that set it, and of two versions the
// greater mark stays, in whatever order they come; so all tabs converge. A deleted card stays known
// as `gone`, or a late snapshot would bring it back.

export const columns = ['todo', 'doing', 'done'];

const cardsMax = 200;

/** What a first tab shows when nobody can tell more; the same everywhere, older than all else. */
export const samples = [
  ['demo-red', 'todo', 'Open this page in a second tab'],
  ['demo-blue', 'todo', 'Post a card with curl (see the end of the page)'],
  ['demo-red', 'doing', 'Move a card: every open tab follows'],
  ['demo-ops', 'doing', 'Unpick a board: its events stop coming'],
  ['demo-blue', 'done', 'Start the gateway'],
].map(([board, column, text], place) => ({ id: `sample-${place}`, board, column, text, at: '' }));

/** Marks order by time, then by place in the log; ids alone would start anew with the server. */
export const mark = ({ time, id }) => `${String(time).padStart(15, '0')} ${id}`;

/** A card from what somebody sent, or null: anybody may publish on these boards. */
export function readCard(data, board, at) {
  if (typeof data?.id !== 'string' || typeof at !== 'string') return null;
  const { id, gone, column, text } = data;
  if (gone) return { id, board, at, gone };
  if (typeof text !== 'string' || !columns.includes(column)) return null;
  return { id, board, at, column, text: text.slice(0, 200) };
}

const byChange = (a, b) => ((a.at === b.at ? a.id < b.id : a.at < b.at) ? -1 : 1);

export class Cards {
  #all = new Map();

  /** Takes the version, if it is one and the newest of its card; says whether it was. */
  merge(card) {
    if (!card || this.#all.get(card.id)?.at >= card.at) return false;
    this.#all.set(card.id, card);
    return true;
  }

  get = (id) => this.#all.get(id);

  /** The cards of a board, those gone among them, in the order of their last change. */
  of = (board) => [...this.#all.values()].filter((card) => card.board === board)
    .sort(byChange).slice(-cardsMax);

  shown = (boards, column) => boards.flatMap(this.of)
    .filter((card) => card.column === column).sort(byChange);

  /** Whether a snapshot holds all that is known here of its board. */
  coveredBy(snapshot, board) {
    const at = new Map(snapshot.map((card) => [card?.id, card?.at]));
    return this.of(board).every((card) => at.get(card.id) >= card.at);
  }
}
