// Speech as batches to learn from.
import {
  type AudioTransform,
  amplify,
  changeSpeed,
  colour,
  composeAudio,
  joinClips,
  peakOf,
  randomGain,
  randomNoise,
  sometimes,
} from '../../data/audio/browser.js';
import { Dataset } from '../../data/dataset.js';
import { ContentHash } from '../../data/fingerprint.js';
import { bucketBatches } from '../../data/text/index.js';
import { NdArray } from '../../graph/array.js';
import { Random } from '../../graph/random.js';
import type { Alphabet } from './alphabet.js';
import type { SpeechFraming } from './framing.js';
import { type SpeechData, type Utterance, wordClips } from './speech.js';

/** An utterance as classes, which all its characters or words are. */
export interface EncodedUtterance extends Utterance {
  readonly tokens: readonly number[];
}

export interface SpeechBatchOptions {
  readonly alphabet: Alphabet;
  readonly framing: SpeechFraming;
  readonly batchSize: number;
  /** The epoch, counted from 0, from which on each hears sounds changed anew. Default: never. */
  readonly augmentFrom?: number | undefined;
  /** Shuffles anew each epoch; left out, utterances come by their length. */
  readonly seed?: number;
}

/** Where a target has ended. */
const noToken = -1;

/** Loudness, microphone and room. */
const surroundings: AudioTransform = composeAudio(
  (samples, random) => colour(samples, random, { strength: 0.3 }),
  randomGain([-6, 6]),
  sometimes(0.3, randomNoise([15, 40])),
  // What is too loud would be cut off when it is recorded.
  (samples) => (peakOf(samples) > 1 ? amplify(samples, 1 / peakOf(samples)) : samples),
);

const speeds = [0.9, 1.1] as const;

function collate(
  rows: readonly { readonly samples: Float32Array; readonly tokens: readonly number[] }[],
  length: number,
  most: number,
) {
  const waveform = new NdArray('float32', [rows.length, length]);
  const target = NdArray.of(
    'int32',
    [rows.length, most],
    new Array<number>(rows.length * most).fill(noToken),
  );
  for (const [row, { samples, tokens }] of rows.entries()) {
    waveform.data.set(samples.subarray(0, length), row * length);
    target.data.set(tokens, row * most);
  }
  return { waveform, target };
}

/**
 * Batches `{ waveform: float32 [batch, samples], target: int32 [batch, tokens] }` of utterances of about equal length.
 * @param rowsOf is told which utterances the batch with this target holds
 */
export function utteranceBatches(
  utterances: readonly EncodedUtterance[],
  { alphabet, framing, batchSize, augmentFrom = Number.POSITIVE_INFINITY, seed }: SpeechBatchOptions,
  rowsOf?: WeakMap<NdArray, readonly number[]>,
): Dataset {
  const width = framing.sampleRate;
  const bucketOf = (length: number): number => Math.ceil(length / width) * width;
  const lengths = utterances.map(({ samples }) => framing.lengthOf(samples.length));
  const longest = new Map<number, number>();
  for (const [i, { tokens }] of utterances.entries()) {
    const bucket = bucketOf(lengths[i]!);
    longest.set(bucket, Math.max(longest.get(bucket) ?? 1, tokens.length));
  }
  const items = new Dataset({
    length: utterances.length,
    classNames: alphabet.classes,
    fingerprint: () => fingerprintOf(utterances),
    at: (index, epoch) => {
      const { samples, tokens } = utterances[index]!;
      if (epoch < augmentFrom) return { samples, tokens, index };
      const random = new Random(seed ?? 0, epoch, index);
      const other = changeSpeed(samples, random.uniform(...speeds));
      const fits = framing.lengthOf(other.length) <= bucketOf(lengths[index]!);
      return { samples: surroundings(fits ? other : samples, random), tokens, index };
    },
  });
  return bucketBatches(items, {
    batchSize,
    lengths,
    width,
    seed,
    collate(rows, length) {
      const batch = collate(rows, length, longest.get(length)!);
      rowsOf?.set(
        batch.target,
        rows.map(({ index }) => index),
      );
      return batch;
    },
  });
}

/**
 * Batches of strings of words that are joined anew each epoch; all of a batch have as many words.
 * @param count strings of an epoch
 */
export function stringBatches(
  words: readonly (EncodedUtterance & SpeechData['train'][number])[],
  [fewest, most]: readonly [number, number],
  count: number,
  { alphabet, framing, batchSize, augmentFrom = Number.POSITIVE_INFINITY, seed = 0 }: SpeechBatchOptions,
): Dataset {
  const clips = wordClips(words, framing.sampleRate);
  const otherSpeed = (samples: Float32Array, random: Random): Float32Array =>
    changeSpeed(samples, random.uniform(...speeds));
  const batchOf = (index: number, epoch: number) => {
    const augment = epoch >= augmentFrom;
    const change = augment ? otherSpeed : undefined;
    const length = new Random(seed, epoch, index).integer(fewest, most + 1);
    const rows = Array.from({ length: Math.min(batchSize, count - index * batchSize) }, (_, row) => {
      const key = [seed, epoch, index, row];
      const joined = joinClips(clips, key, { words: [length, length], change });
      const tokens = alphabet.encode(joined.text).map((token) => token!);
      const samples = augment ? surroundings(joined.samples, new Random(...key, 1)) : joined.samples;
      return { samples, tokens };
    });
    const samples = Math.max(...rows.map((row) => framing.lengthOf(row.samples.length)));
    const second = framing.sampleRate;
    const widest = Math.max(...words.map(({ tokens }) => tokens.length));
    const spaces = alphabet.units === 'character' ? length - 1 : 0;
    return collate(rows, Math.ceil(samples / second) * second, length * widest + spaces);
  };
  return new Dataset({
    length: Math.ceil(count / batchSize),
    batchSize,
    classNames: alphabet.classes,
    reordered: true,
    fingerprint: () => fingerprintOf(words),
    at: batchOf,
  });
}

function fingerprintOf(utterances: readonly Utterance[]): Promise<string> {
  const hash = new ContentHash();
  for (const { text, samples } of utterances)
    hash.add(text).add(new NdArray('float32', [samples.length], samples));
  return hash.digest();
}

/** The samples of an utterance as a recogniser takes them, a batch of one: float32 [1, samples]. */
export function waveformOf(samples: Float32Array, framing: SpeechFraming): NdArray<'float32'> {
  const filled = framing.fill(samples);
  return new NdArray('float32', [1, filled.length], filled);
}
