import { NdArray } from '../../graph/array.js';

/** Rows of a table that a step works on. */
export interface PickedRows {
  /** float32 [rows, width], padded with zeros. */
  readonly values: NdArray<'float32'>;
  /** float32 [rows, width]: what the optimiser keeps. */
  readonly slots: NdArray<'float32'>;
  /** Which row of the table each is. */
  readonly ids: Int32Array;
}

/**
 * A table of which a step touches few rows: these are picked out, changed, and put back, so that a step costs the same however many words
 * there are.
 */
export class RowTable {
  readonly rows: number;
  readonly width: number;
  readonly values: Float32Array<ArrayBuffer>;
  /** What the optimiser keeps for each value. */
  readonly slots: Float32Array<ArrayBuffer>;
  /** Where each row was put by the last `pick`; -1 for most. */
  readonly #places: Int32Array;

  constructor(rows: number, width: number) {
    this.rows = rows;
    this.width = width;
    this.values = new Float32Array(rows * width);
    this.slots = new Float32Array(rows * width);
    this.#places = new Int32Array(rows).fill(-1);
  }

  /**
   * Picks out the rows that lists name, each once, and replaces the numbers in the lists by places among what was picked. The number of
   * picked rows is padded to one of few sizes, as each size is a graph of its own.
   */
  pick(lists: readonly Int32Array[]): PickedRows {
    const found: number[] = [];
    for (const list of lists) {
      for (const [position, id] of list.entries()) {
        let place = this.#places[id]!;
        if (place < 0) {
          place = found.push(id) - 1;
          this.#places[id] = place;
        }
        list[position] = place;
      }
    }
    for (const id of found) this.#places[id] = -1;
    const size = Math.min(this.rows, 2 ** Math.ceil(Math.log2(Math.max(256, found.length))));
    const copy = (from: Float32Array): NdArray<'float32'> => {
      const picked = new Float32Array(size * this.width);
      for (const [place, id] of found.entries())
        picked.set(from.subarray(id * this.width, (id + 1) * this.width), place * this.width);
      return new NdArray('float32', [size, this.width], picked);
    };
    return { values: copy(this.values), slots: copy(this.slots), ids: Int32Array.from(found) };
  }

  /** Puts back rows that were picked, with what they are now. */
  put(ids: Int32Array, values: Float32Array, slots: Float32Array): void {
    for (const [place, id] of ids.entries()) {
      const [from, to] = [place * this.width, (place + 1) * this.width];
      this.values.set(values.subarray(from, to), id * this.width);
      this.slots.set(slots.subarray(from, to), id * this.width);
    }
  }
}
