// How many edits lead from what was said to what should have been.
import { words } from './tokenize.js';

/** One place of an alignment: items that match, one in place of another, one too many, or one missing. */
export type Edit<Item> =
  | { readonly kind: 'match' | 'substitution'; readonly reference: Item; readonly hypothesis: Item }
  | { readonly kind: 'deletion'; readonly reference: Item }
  | { readonly kind: 'insertion'; readonly hypothesis: Item };

export interface ErrorRate {
  /** Edits by items in the references: 0 without edits, and infinite where there is nothing but insertions. */
  readonly rate: number;
  readonly substitutions: number;
  /** Items of the references that are missing. */
  readonly deletions: number;
  /** Items that no reference has. */
  readonly insertions: number;
  /** Items in the references. */
  readonly length: number;
}

/**
 * The fewest substitutions, deletions and insertions that make the hypothesis of the reference (Levenshtein, 1966), in
 * order. Where several ways are as short, matches and substitutions come as late as they can.
 */
export function alignItems<Item>(hypothesis: readonly Item[], reference: readonly Item[]): Edit<Item>[] {
  const columns = hypothesis.length + 1;
  const cost = new Int32Array((reference.length + 1) * columns);
  for (let row = 0; row <= reference.length; row++) {
    for (let column = 0; column < columns; column++) {
      const place = row * columns + column;
      if (row === 0 || column === 0) {
        cost[place] = row + column;
        continue;
      }
      const differ = Number(reference[row - 1] !== hypothesis[column - 1]);
      cost[place] = Math.min(
        cost[place - columns - 1]! + differ,
        cost[place - columns]! + 1,
        cost[place - 1]! + 1,
      );
    }
  }
  const edits: Edit<Item>[] = [];
  let [row, column] = [reference.length, hypothesis.length];
  while (row > 0 || column > 0) {
    const place = row * columns + column;
    const same = row > 0 && column > 0 && reference[row - 1] === hypothesis[column - 1];
    if (row > 0 && column > 0 && cost[place] === cost[place - columns - 1]! + Number(!same)) {
      row--;
      column--;
      edits.push({
        kind: same ? 'match' : 'substitution',
        reference: reference[row]!,
        hypothesis: hypothesis[column]!,
      });
    } else if (row > 0 && cost[place] === cost[place - columns]! + 1) {
      row--;
      edits.push({ kind: 'deletion', reference: reference[row]! });
    } else {
      column--;
      edits.push({ kind: 'insertion', hypothesis: hypothesis[column]! });
    }
  }
  return edits.reverse();
}

function errorRate(
  who: string,
  hypotheses: readonly string[],
  references: readonly string[],
  itemsOf: (text: string) => string[],
): ErrorRate {
  if (hypotheses.length !== references.length) {
    throw new RangeError(
      `${who}: there are ${hypotheses.length} hypotheses and ${references.length} references; expected one for each.`,
    );
  }
  const counts = { match: 0, substitution: 0, deletion: 0, insertion: 0 };
  for (const [i, hypothesis] of hypotheses.entries()) {
    for (const { kind } of alignItems(itemsOf(hypothesis), itemsOf(references[i]!))) counts[kind]++;
  }
  const { match, substitution: substitutions, deletion: deletions, insertion: insertions } = counts;
  const edits = substitutions + deletions + insertions;
  const length = match + substitutions + deletions;
  return { rate: edits === 0 ? 0 : edits / length, substitutions, deletions, insertions, length };
}

/**
 * Word edits by words in the references, over all texts together. Words are what stands between white space.
 * @throws RangeError unless there is one reference for each hypothesis
 */
export function wordErrorRate(hypotheses: readonly string[], references: readonly string[]): ErrorRate {
  return errorRate('wordErrorRate', hypotheses, references, words);
}

/**
 * Character edits by characters in the references, over all texts together. Characters are Unicode code points; spaces count.
 * @throws RangeError unless there is one reference for each hypothesis
 */
export function characterErrorRate(hypotheses: readonly string[], references: readonly string[]): ErrorRate {
  return errorRate('characterErrorRate', hypotheses, references, (text) => Array.from(text));
}
