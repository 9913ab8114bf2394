// What: the cards of the boards, as one tab knows them. No document, no network.
//
// The last writer wins: a card carries the mark of the event that set it last, and of two versions
// the one with the greater mark stays, whatever order they arrive in. So all tabs converge. A card
// that was deleted stays known as `gone`, or a late snapshot would bring it back.

export const columns = ['todo', 'doing', 'done'];

const cardsMax = 200;
const sample = (id, board, column, text) => ({ id, board, column, text, at: '' });

/** What a first tab shows when nobody can tell it more: the same everywhere, older than all else. */
export const samples = [
  sample('sample-1', 'team-red', 'todo', 'Open this page in a second tab'),
  sample('sample-2', 'team-blue', 'todo', 'Post a card with curl (see the end of the page)'),
  sample('sample-3', 'team-red', 'doing', 'Move a card: every open tab follows'),
  sample('sample-4', 'ops', 'doing', 'Unpick a board: its events stop coming'),
  sample('sample-5', 'team-blue', 'done', 'Start the gateway'),
];

/** Marks order by time, then by place in the log; ids alone would start anew with the server. */
export const mark = (envelope) => `${String(envelope.time).padStart(15, '0')} ${envelope.id}`;

/** A card from what somebody sent, or null: anybody may publish on these boards. */
export function readCard(data, board, at) {
  if (typeof data?.id !== 'string' || typeof at !== 'string') return null;
  const id = data.id.slice(0, 64);
  if (data.gone) return { id, board, gone: true, at };
  if (typeof data.text !== 'string' || !columns.includes(data.column)) return null;
  return { id, board, column: data.column, text: data.text.slice(0, 200), at };
}

export class Cards {
  #all = new Map();

  /** Takes the version if it is the newest of its card; says whether it was. */
  merge(card) {
    const known = this.#all.get(card.id);
    if (known && known.at >= card.at) return false;
    this.#all.set(card.id, card);
    return true;
  }

  get = (id) => this.#all.get(id);

  /** The cards of a board, those gone among them, in the order of their last change. */
  of(board) {
    const cards = [...this.#all.values()].filter((card) => card.board === board);
    return cards.sort((a, b) => (a.at + a.id < b.at + b.id ? -1 : 1)).slice(-cardsMax);
  }

  shown(boards, column) {
    return boards.flatMap((board) => this.of(board))
      .filter((card) => card.column === column)
      .sort((a, b) => (a.at + a.id < b.at + b.id ? -1 : 1));
  }

  /** Whether a snapshot holds all that is known here of its board. */
  coveredBy(snapshot, board) {
    const at = new Map(snapshot.map((card) => [card.id, card.at]));
    return this.of(board).every((card) => (at.get(card.id) ?? '') >= card.at);
  }
}
