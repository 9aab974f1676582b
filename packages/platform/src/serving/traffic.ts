/** Something that gets a share of what comes. */
export interface Sharer {
  /** Parts of a hundred. */
  readonly share: number;
}

/**
 * Deals requests to sharers, as evenly as it goes: of any hundred in a row each gets as many as its share says (nginx's smooth weighted
 * round robin). It depends on nothing but how many came.
 */
export class Traffic<Each extends Sharer> {
  readonly #sharers: readonly { readonly each: Each; credit: number }[];
  readonly #total: number;

  constructor(sharers: readonly Each[]) {
    this.#sharers = sharers.filter(({ share }) => share > 0).map((each) => ({ each, credit: 0 }));
    this.#total = this.#sharers.reduce((sum, { each }) => sum + each.share, 0);
  }

  /** Whose turn it is. */
  next(): Each {
    for (const sharer of this.#sharers) sharer.credit += sharer.each.share;
    const chosen = this.#sharers.reduce((most, sharer) => (sharer.credit > most.credit ? sharer : most));
    chosen.credit -= this.#total;
    return chosen.each;
  }
}
