import { Dataset } from '../../data/dataset.js';
import { bucketBatches, padSequences, type Tokenizer } from '../../data/text/index.js';
import { NdArray } from '../../graph/array.js';
import { type TagScheme, tagsOf } from '../../nn/metrics/text/entities.js';
import type { TooLong } from '../options.js';
import { checkLengths } from '../tooLong.js';
import { type ClueNumbers, type Clues, clueNumbers, taggerInputs } from './clues/index.js';
import { lengthStep, noTag } from './models.js';
import type { TaggedSentence } from './sentences.js';
import { idsOf } from './vocabulary.js';

/** Sentences as numbers. */
export interface EncodedSentences {
  /** Ids of the tokens of each sentence. */
  readonly ids: readonly (readonly number[])[];
  /** Their tags, as numbers of labels. */
  readonly tags: readonly (readonly number[])[];
  /** What else is known of the tokens. */
  readonly clues: readonly ClueNumbers[];
  /** How many sentences were cut off. */
  readonly truncated: number;
}

/** All tags of a scheme for entities of these types, O first. */
export function labelsFor(types: readonly string[], scheme: TagScheme): string[] {
  const marks = scheme === 'BIO' ? ['B', 'I'] : ['B', 'I', 'E', 'S'];
  return ['O', ...types.flatMap((type) => marks.map((mark) => `${mark}-${type}`))];
}

/** The scheme that labels were made for. */
export const schemeOf = (labels: readonly string[]): TagScheme =>
  labels.some((label) => label.startsWith('S-')) ? 'BIOES' : 'BIO';

/** @throws Error naming file and line of a sentence that is too long, where those are refused */
export function encodeSentences(
  sentences: readonly TaggedSentence[],
  options: {
    readonly tokenizer: Tokenizer;
    readonly labels: readonly string[];
    readonly maximumLength: number;
    readonly clues: Clues;
    readonly tooLong?: TooLong | undefined;
  },
): EncodedSentences {
  const { tokenizer, labels, maximumLength, clues, tooLong } = options;
  const scheme = schemeOf(labels);
  const numbers = new Map(labels.map((label, i) => [label, i]));
  const truncated = checkLengths(
    sentences.map(({ tokens, file, line }) => ({ length: tokens.length, file, line })),
    { what: 'sentence', maximumLength, tooLong },
  );
  const cut = sentences.map(({ tokens }) => tokens.slice(0, maximumLength));
  return {
    ids: cut.map((tokens) => idsOf(tokens, tokenizer, clues.spelling !== undefined)),
    tags: sentences.map(({ tokens, entities }) =>
      tagsOf(entities, tokens.length, scheme)
        .slice(0, maximumLength)
        .map((tag) => numbers.get(tag)!),
    ),
    clues: clueNumbers(clues, cut),
    truncated,
  };
}

/** Batches of sentences, and which sentences a batch holds. */
export interface SentenceBatches {
  /** `{ input_ids, target }`, int32 [batch, time]: 0 and -1 where a sentence has ended; and an array for each clue. */
  readonly batches: Dataset;
  /** Numbers of the sentences in the batch with this target. */
  readonly rowsOf: (target: NdArray) => readonly number[];
}

/**
 * Sentences of about equal length together.
 * @param seed shuffles anew each epoch; left out, sentences come by their length
 */
export function sentenceBatches(
  { ids, tags, clues }: EncodedSentences,
  options: { readonly batchSize: number; readonly labels: readonly string[]; readonly seed?: number },
): SentenceBatches {
  const { batchSize, labels, seed } = options;
  const rows = new WeakMap<NdArray, readonly number[]>();
  const sentences = ids.map((sequence, index) => ({ ids: sequence, tags: tags[index]!, index }));
  const batches = bucketBatches(Dataset.from(sentences).withClassNames(labels), {
    batchSize,
    lengths: ids.map(({ length }) => length),
    width: lengthStep,
    seed,
    collate(elements, length) {
      const padded = padSequences(
        elements.map((element) => element.ids),
        { minimumLength: length },
      ).ids;
      const target = NdArray.of('int32', padded.shape, new Array<number>(padded.size).fill(noTag));
      for (const [row, element] of elements.entries()) target.data.set(element.tags, row * length);
      rows.set(
        target,
        elements.map(({ index }) => index),
      );
      const known = clues.map(({ clue, rows: all }) => ({
        clue,
        rows: elements.map(({ index }) => all[index]!),
      }));
      return { ...taggerInputs(padded, known), target };
    },
  });
  return { batches, rowsOf: (target) => rows.get(target) ?? [] };
}
