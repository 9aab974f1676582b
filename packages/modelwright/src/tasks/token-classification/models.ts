import type { Layer } from '../../nn/layer.js';
import { type ConfigurableLoss, crfLoss, crossEntropy } from '../../nn/losses/index.js';
import { bilstmCrf, type TokenClues, transformerClassifier } from '../../nn/networks/index.js';
import { constantRate, cosineDecay, type Schedule } from '../../optim/index.js';
import type { Clues } from './clues/index.js';
import { byteVocabulary } from './clues/spelling.js';

/** What a tagger is made for. */
export interface TaggerOptions {
  readonly vocabulary: number;
  readonly tags: number;
  /** The most tokens of a sentence. */
  readonly maximumLength: number;
  /** Numbers in a token's vector. */
  readonly features?: number | undefined;
  /** Units of the recurrent layer in each direction. */
  readonly units?: number | undefined;
  /** Share of features that are dropped in training. */
  readonly dropout?: number | undefined;
  /** What the network knows of tokens beside which they are. */
  readonly clues: Clues;
}

/** A network with what it is trained with unless it is said otherwise. */
interface Tagger {
  readonly make: (options: TaggerOptions) => Layer;
  readonly loss: ConfigurableLoss;
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  /** How Adam's rate changes over the steps. */
  readonly rate: (learningRate: number, steps: number) => Schedule;
}

/** Batches are padded to whole multiples of this: each length is a graph of its own in training. */
export const lengthStep = 16;

/** The class of a position that is padding. */
export const noTag = -1;

/** The networks of the task by the names that the command line uses. */
export const taggers = {
  'bilstm-crf': {
    make: ({ vocabulary, tags, features = 100, units = 128, dropout = 0.4, clues }) =>
      bilstmCrf({
        ...{ vocabulary, tags, features, units, dropoutRate: dropout },
        ...(clues.spelling && { characters: { vocabulary: byteVocabulary } }),
        clues: lookups(clues),
      }),
    loss: crfLoss,
    epochs: 8,
    batchSize: 16,
    learningRate: 5e-3,
    rate: (learningRate, steps) => cosineDecay(learningRate, { steps }),
  },
  transformer: {
    make: ({ vocabulary, tags, maximumLength, features = 128, dropout = 0.1, clues }) =>
      transformerClassifier({
        vocabulary,
        classes: tags,
        perToken: true,
        padding: 0,
        width: features,
        dropoutRate: dropout,
        clues: lookups(clues),
        length: Math.ceil(maximumLength / lengthStep) * lengthStep,
      }),
    loss: crossEntropy.with({ classAxis: -1, ignoreIndex: noTag }),
    epochs: 10,
    batchSize: 32,
    learningRate: 5e-4,
    rate: constantRate,
  },
} as const satisfies Record<string, Tagger>;

/** The clues that the network has vectors for. */
const lookups = (clues: Clues): TokenClues =>
  Object.fromEntries(Object.entries(clues).flatMap(([name, { lookup }]) => (lookup ? [[name, lookup]] : [])));

export type TaggerName = keyof typeof taggers;

export const taggerNames: readonly string[] = Object.keys(taggers);
