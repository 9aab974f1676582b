import { Dataset } from '../../data/dataset.js';
import { bucketBatches, type LabelledText, padSequences, type Tokenizer } from '../../data/text/index.js';
import { NdArray } from '../../graph/array.js';
import type { TooLong } from '../options.js';
import { checkLengths } from '../tooLong.js';
import { targetsOf } from './texts.js';

/** Texts as token ids with their classes. */
export interface EncodedTexts {
  readonly sequences: readonly (readonly number[])[];
  readonly targets: readonly number[];
  /** How many texts were cut off. */
  readonly truncated: number;
}

/** Lengths are rounded up to multiples of this: each length is a graph of its own in training. */
const lengthStep = 16;

/** @throws Error naming file and line of a label that the training has not seen, or of a text that is too long, where those are refused */
export function encodeTexts(
  examples: readonly LabelledText[],
  options: {
    readonly tokenizer: Tokenizer;
    readonly labels: readonly string[];
    readonly maximumLength: number;
    readonly tooLong?: TooLong | undefined;
  },
): EncodedTexts {
  const { tokenizer, labels, maximumLength, tooLong } = options;
  const targets = targetsOf(examples, labels);
  const sequences = examples.map(({ text }) => tokenizer.encode(text));
  const truncated = checkLengths(
    sequences.map(({ length }, i) => ({ length, file: examples[i]!.file, line: examples[i]!.line })),
    { what: 'text', maximumLength, tooLong },
  );
  return { sequences: sequences.map((ids) => ids.slice(0, maximumLength)), targets, truncated };
}

/**
 * Batches `{ input_ids: int32 [batch, time], target: int32 [batch] }` of texts of about equal length.
 * @param seed shuffles anew each epoch; left out, texts come by their length
 */
export function textBatches(
  { sequences, targets }: EncodedTexts,
  options: { readonly batchSize: number; readonly labels: readonly string[]; readonly seed?: number },
): Dataset {
  const { batchSize, labels, seed } = options;
  const texts = Dataset.from(sequences.map((ids, i) => ({ ids, target: targets[i]! }))).withClassNames(
    labels,
  );
  return bucketBatches(texts, {
    batchSize,
    lengths: sequences.map(({ length }) => length),
    width: lengthStep,
    seed,
    collate: (elements, length) => ({
      input_ids: padSequences(
        elements.map(({ ids }) => ids),
        { minimumLength: length },
      ).ids,
      target: NdArray.of(
        'int32',
        [elements.length],
        elements.map(({ target }) => target),
      ),
    }),
  });
}
