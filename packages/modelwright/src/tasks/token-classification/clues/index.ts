import { NdArray } from '../../../graph/array.js';
import type { ModelFolder } from '../../../saved/folder.js';
import { bigrams } from './bigrams.js';
import type { Clue, ClueKind, ClueName, ClueOptions, ClueSource } from './clue.js';
import { spelling } from './spelling.js';
import { wordBounds } from './wordBounds.js';

export type { ClueOptions } from './clue.js';

/** What a tagger can know of tokens; the network's inputs come in this order. */
const kinds: Readonly<Record<ClueName, ClueKind>> = { spelling, bigrams, wordBounds };

const kindsByName = Object.entries(kinds) as [ClueName, ClueKind][];

/** The clues that a tagger is given. */
export type Clues = { readonly [Name in ClueName]?: Clue };

/** The clues for a training. @throws Error where one is wanted that the model cannot take, or that tells nothing of such tokens */
export function makeClues(model: string, source: ClueSource, options: ClueOptions): Clues {
  const chosen = kindsByName.filter(([name, { unfit, byDefault }]) => {
    const reason = unfit(model, source.tokens);
    const wanted = options[name];
    if (wanted && reason !== undefined) throw new Error(`${reason} (${name}).`);
    return wanted === undefined ? reason === undefined && byDefault(source) : wanted !== false;
  });
  return Object.fromEntries(chosen.map(([name, { make }]) => [name, make(source, options)]));
}

/** The clues of a saved model. @throws Error when a file of theirs is missing, damaged, or another model's */
export async function readClues(folder: ModelFolder): Promise<Clues> {
  const { preprocessing = {} } = folder.config;
  const read = kindsByName
    .filter(([name]) => preprocessing[name])
    .map(async ([name, kind]) => [name, await kind.read(folder, preprocessing[name])] as const);
  return Object.fromEntries(await Promise.all(read));
}

/** What `config.json` says of clues; false of those that the model is not given. */
export const savedClues = (clues: Clues): Record<ClueName, number | boolean> => ({
  spelling: clues.spelling?.saved ?? false,
  bigrams: clues.bigrams?.saved ?? false,
  wordBounds: clues.wordBounds?.saved ?? false,
});

/** What else is saved of clues, by path in the model's folder. */
export const clueFiles = (clues: Clues): Record<string, string> =>
  Object.assign({}, ...Object.values(clues).map(({ files }) => files));

/** A clue's numbers of each sentence. */
export interface ClueNumbers {
  readonly clue: Clue;
  readonly rows: readonly ArrayLike<number>[];
}

/** The numbers of sentences by each clue. */
export const clueNumbers = (clues: Clues, sentences: readonly (readonly string[])[]): ClueNumbers[] =>
  Object.values(clues).map((clue) => ({ clue, rows: sentences.map(clue.numbersOf) }));

/** What a tagger takes: ids of tokens, int32 [batch, time], and an array for each clue. */
export function taggerInputs(ids: NdArray<'int32'>, clues: readonly ClueNumbers[]): Record<string, NdArray> {
  const [batch, time] = ids.shape as [number, number];
  const arrays = clues.map(({ clue: { input, width }, rows }) => {
    const array = new NdArray('int32', width === undefined ? [batch, time] : [batch, time, width]);
    for (const [row, numbers] of rows.entries()) array.data.set(numbers, row * time * (width ?? 1));
    return [input, array] as const;
  });
  return { input_ids: ids, ...Object.fromEntries(arrays) };
}
