import { Dataset } from '../../data/dataset.js';
import { bucketBatches, cleanText, padSequences, specialIds, type Tokenizer } from '../../data/text/index.js';
import { NdArray } from '../../graph/array.js';
import { type TagScheme, tagsOf } from '../../nn/metrics/text/entities.js';
import { makeTokenizer } from '../madeTokenizer.js';
import type { TooLong } from '../options.js';
import { checkLengths } from '../tooLong.js';
import { lengthStep, noTag } from './models.js';
import type { TokenClassificationTrainOptions } from './options.js';
import type { TaggedSentence } from './sentences.js';
import { taggerInputs } from './spelling.js';

/** Sentences as numbers. */
export interface EncodedSentences {
  /** Ids of the tokens of each sentence. */
  readonly ids: readonly (readonly number[])[];
  /** Their tags, as numbers of labels. */
  readonly tags: readonly (readonly number[])[];
  /** The tokens themselves, where the model looks at how they are written. */
  readonly tokens: readonly (readonly string[])[] | undefined;
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

/** What tokens are: characters, where nearly all of them are single ones. */
export function tokenKind(sentences: readonly TaggedSentence[]): 'character' | 'word' {
  const tokens = sentences.flatMap((sentence) => sentence.tokens);
  const single = tokens.filter((token) => Array.from(token).length === 1).length;
  return single > 0.9 * tokens.length ? 'character' : 'word';
}

/** A vocabulary of the sentences' tokens. @param lowercase whether capitals count as small letters */
export function tokenizerFor(
  sentences: readonly TaggedSentence[],
  { data, minimumCount = 2, vocabularySize = 30_000 }: TokenClassificationTrainOptions,
  lowercase: boolean,
): Tokenizer {
  const kind = tokenKind(sentences);
  return makeTokenizer(
    data,
    sentences.map((sentence) => sentence.tokens.join(kind === 'word' ? ' ' : '')),
    { kind, segmenter: null, minimumCount, maximumSize: vocabularySize, clean: { lowercase } },
  );
}

/**
 * The ids of tokens as they stand: none is cut further.
 * @param lowercase whether capitals count as small letters
 */
export function idsOf(tokens: readonly string[], tokenizer: Tokenizer, lowercase: boolean): number[] {
  return tokens.map((token) => {
    const id = tokenizer.idOf(cleanText(token, { lowercase }));
    return id === undefined || id <= specialIds.end ? specialIds.unknown : id;
  });
}

/** @throws Error naming file and line of a sentence that is too long, where those are refused */
export function encodeSentences(
  sentences: readonly TaggedSentence[],
  options: {
    readonly tokenizer: Tokenizer;
    readonly labels: readonly string[];
    readonly maximumLength: number;
    /** Whether the model looks at how tokens are written. */
    readonly spelling: boolean;
    readonly tooLong?: TooLong | undefined;
  },
): EncodedSentences {
  const { tokenizer, labels, maximumLength, spelling: isSpelled, tooLong } = options;
  const scheme = schemeOf(labels);
  const numbers = new Map(labels.map((label, i) => [label, i]));
  const truncated = checkLengths(
    sentences.map(({ tokens, file, line }) => ({ length: tokens.length, file, line })),
    { what: 'sentence', maximumLength, tooLong },
  );
  const cut = sentences.map(({ tokens }) => tokens.slice(0, maximumLength));
  return {
    ids: cut.map((tokens) => idsOf(tokens, tokenizer, isSpelled)),
    tags: sentences.map(({ tokens, entities }) =>
      tagsOf(entities, tokens.length, scheme)
        .slice(0, maximumLength)
        .map((tag) => numbers.get(tag)!),
    ),
    tokens: isSpelled ? cut : undefined,
    truncated,
  };
}

/** Batches of sentences, and which sentences a batch holds. */
export interface SentenceBatches {
  /** `{ input_ids, target }`, int32 [batch, time]: 0 and -1 where a sentence has ended; and `bytes`, where spelling counts. */
  readonly batches: Dataset;
  /** Numbers of the sentences in the batch with this target. */
  readonly rowsOf: (target: NdArray) => readonly number[];
}

/**
 * Sentences of about equal length together.
 * @param seed shuffles anew each epoch; left out, sentences come by their length
 */
export function sentenceBatches(
  { ids, tags, tokens }: EncodedSentences,
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
      const written = tokens && elements.map(({ index }) => tokens[index]!);
      return { ...taggerInputs(padded, written), target };
    },
  });
  return { batches, rowsOf: (target) => rows.get(target) ?? [] };
}
