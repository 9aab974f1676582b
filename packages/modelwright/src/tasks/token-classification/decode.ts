import type { NdArray } from '../../graph/array.js';

/**
 * The tags of each sentence, by what a network gives: the likeliest tag of each token for [batch, time, tags]; the best sequence
 * (Viterbi, 1967) for what a `crf` layer gives, [batch, tags + 2 + time, tags]. Of equally good ones that with the lower tags first.
 * @param lengths tokens of each sentence; rows beyond are filling
 * @param chained whether the scores are those of a `crf` layer
 */
export function decodeTags(scores: NdArray, lengths: readonly number[], chained: boolean): number[][] {
  const [, rows, tags] = scores.shape as [number, number, number];
  const table = scores.data as Float32Array;
  return lengths.map((length, sentence) => {
    const own = table.subarray(sentence * rows * tags, (sentence + 1) * rows * tags);
    return chained ? bestSequence(own, length, tags) : bestEach(own, length, tags);
  });
}

function bestEach(scores: Float32Array, length: number, tags: number): number[] {
  return Array.from({ length }, (_, position) => {
    const row = scores.subarray(position * tags, (position + 1) * tags);
    return row.indexOf(Math.max(...row));
  });
}

/** From the end to the start: what the best way on from each tag scores, and which tag it takes next. */
function bestSequence(scores: Float32Array, length: number, tags: number): number[] {
  const row = (index: number): Float32Array => scores.subarray(index * tags, (index + 1) * tags);
  const [starts, emission] = [row(tags), (position: number) => row(tags + 2 + position)];
  let onward: Float32Array = row(tags + 1);
  const choices: number[][] = [];
  const bestNext = (from: Float32Array, position: number): { tag: number; score: number } => {
    let [tag, score] = [0, Number.NEGATIVE_INFINITY];
    for (let next = 0; next < tags; next++) {
      const value = from[next]! + emission(position)[next]! + onward[next]!;
      if (value > score) [tag, score] = [next, value];
    }
    return { tag, score };
  };
  for (let position = length - 1; position > 0; position--) {
    const best = Array.from({ length: tags }, (_, tag) => bestNext(row(tag), position));
    choices[position] = best.map(({ tag }) => tag);
    onward = Float32Array.from(best, ({ score }) => score);
  }
  if (length === 0) return [];
  const sequence = [bestNext(starts, 0).tag];
  for (let position = 1; position < length; position++)
    sequence.push(choices[position]![sequence[position - 1]!]!);
  return sequence;
}
