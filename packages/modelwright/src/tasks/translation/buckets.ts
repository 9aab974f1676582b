import { requireCount } from '../../data/checks.js';
import type { BatchGroup } from '../../data/text/index.js';

/** Pairs of like lengths, filled up to the same. */
export interface PairBucket extends BatchGroup {
  readonly sourceLength: number;
  readonly targetLength: number;
}

export interface PairBucketOptions {
  /** Tokens in a batch, source, target and padding together. */
  readonly batchTokens: number;
  /**
   * The most buckets: in training each is a graph of its own, with memory of its own. Default: one for six batches, 12 at most.
   */
  readonly most?: number | undefined;
}

interface Cell {
  readonly indices: readonly number[];
  readonly source: number;
  readonly target: number;
}

/** Lengths are rounded up to multiples of this before anything is joined. */
const grain = 2;
/** Batches have a multiple of so many pairs, that workers may share them evenly. */
const rowsStep = 4;

/**
 * Sorts pairs into few buckets by the lengths of both texts: of the finest ones those two are joined that add least padding, until
 * there are few enough, and each fills a batch.
 * @param lengths of source and target, at least 1
 */
export function bucketPairs(
  lengths: readonly (readonly [source: number, target: number])[],
  { batchTokens, most = bucketsFor(lengths, batchTokens) }: PairBucketOptions,
): PairBucket[] {
  requireCount('bucketPairs', 'batchTokens', batchTokens, 1);
  requireCount('bucketPairs', 'most', most, 1);
  const finest = new Map<string, { indices: number[]; source: number; target: number }>();
  for (const [index, pair] of lengths.entries()) {
    const [source, target] = pair.map((length) => Math.ceil(length / grain) * grain) as [number, number];
    const cell = finest.get(`${source} ${target}`);
    if (cell) cell.indices.push(index);
    else finest.set(`${source} ${target}`, { indices: [index], source, target });
  }
  let cells: readonly Cell[] = [...finest.values()];
  const isSmall = (cell: Cell): boolean => tokensOf(cell) < batchTokens;
  while (cells.length > 1 && (cells.length > most || cells.some(isSmall))) {
    const few = cells.length <= most;
    const [a, b] = closest(cells, (one, other) => !few || isSmall(one) || isSmall(other));
    cells = [...cells.filter((cell) => cell !== a && cell !== b), joined(a, b)];
  }
  return cells
    .toSorted((a, b) => a.source + a.target - b.source - b.target || a.source - b.source)
    .map((cell) => ({
      indices: cell.indices,
      sourceLength: cell.source,
      targetLength: cell.target,
      batchSize: rowsFor(cell, batchTokens),
    }));
}

function bucketsFor(lengths: readonly (readonly [number, number])[], batchTokens: number): number {
  const tokens = lengths.reduce((sum, [source, target]) => sum + source + target, 0);
  return Math.min(Math.max(Math.round(tokens / (6 * batchTokens)), 1), 12);
}

const tokensOf = ({ indices, source, target }: Cell): number => indices.length * (source + target);

function joined(a: Cell, b: Cell): Cell {
  return {
    indices: [...a.indices, ...b.indices],
    source: Math.max(a.source, b.source),
    target: Math.max(a.target, b.target),
  };
}

/** The two cells that may be joined and add least padding by it. */
function closest(cells: readonly Cell[], may: (a: Cell, b: Cell) => boolean): [Cell, Cell] {
  let best: { readonly pair: [Cell, Cell]; readonly added: number } | undefined;
  for (const [i, a] of cells.entries()) {
    for (const b of cells.slice(i + 1)) {
      if (!may(a, b)) continue;
      const length = Math.max(a.source, b.source) + Math.max(a.target, b.target);
      const added = length * (a.indices.length + b.indices.length) - tokensOf(a) - tokensOf(b);
      if (!best || added < best.added) best = { pair: [a, b], added };
    }
  }
  return best!.pair;
}

/** Pairs in a batch, about so many tokens: that number, a quarter more or less, with which the last batch is fullest. */
function rowsFor({ indices, source, target }: Cell, batchTokens: number): number {
  const ideal = batchTokens / (source + target);
  const first = Math.max(Math.ceil((0.75 * ideal) / rowsStep), 1) * rowsStep;
  let best = { rows: first, waste: Number.POSITIVE_INFINITY };
  for (let rows = first; rows <= Math.max(1.25 * ideal, first); rows += rowsStep) {
    const waste = Math.ceil(indices.length / rows) * rows - indices.length + Math.abs(rows - ideal) / ideal;
    if (waste < best.waste) best = { rows, waste };
  }
  return best.rows;
}
