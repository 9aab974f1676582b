import type { TokenizerKind } from '../../data/text/index.js';
import { oneOf, requireFrom } from '../checks.js';
import { blockOrders, type TrainingBlockOptions } from './blocks.js';
import type { TextGenerationTrainOptions } from './options.js';

/** The tokenizers of the task. */
export const generationTokenizers = ['character', 'bpe'] as const satisfies readonly TokenizerKind[];

/** How the network may tell positions apart. */
export const positionKinds = ['rotary', 'learned'] as const;

/** The fewest tokens of a context. */
const shortestBlock = 8;

/** All that a training is set to. */
export interface GenerationSettings {
  readonly tokenizer: (typeof generationTokenizers)[number];
  readonly vocabularySize: number | undefined;
  readonly layers: number;
  readonly heads: number;
  readonly width: number;
  readonly blockSize: number;
  readonly positions: (typeof positionKinds)[number];
  readonly dropout: number;
  readonly epochs: number;
  readonly stepsPerEpoch: number;
  /** Steps in all. */
  readonly iterations: number;
  readonly batchSize: number;
  readonly order: TrainingBlockOptions['order'];
  readonly learningRate: number;
  readonly minimumLearningRate: number;
  readonly warmup: number;
  readonly weightDecay: number;
  readonly validationSplit: number;
  readonly seed: number;
}

/** @throws Error for a tokenizer or an order that there is not; RangeError for a number that is too small */
export function settingsOf(options: TextGenerationTrainOptions): GenerationSettings {
  const { learningRate = 1e-3, batchSize = 12, blockSize = 64, vocabularySize } = options;
  const tokenizer = oneOf('tokenizer', options.tokenizer ?? 'character', generationTokenizers);
  const order = oneOf('order of blocks', options.blocks ?? 'random', blockOrders);
  const wanted = options.iterations ?? 2000;
  const epochs = options.epochs ?? Math.min(8, wanted);
  requireFrom(1, { iterations: wanted, epochs, batchSize });
  requireFrom(shortestBlock, { blockSize });
  const stepsPerEpoch = Math.ceil(wanted / epochs);
  const iterations = stepsPerEpoch * epochs;
  return {
    tokenizer,
    vocabularySize: vocabularySize ?? (tokenizer === 'bpe' ? 2000 : undefined),
    layers: options.layers ?? 4,
    heads: options.heads ?? 4,
    width: options.width ?? 128,
    blockSize,
    positions: oneOf('kind of positions', options.positions ?? 'rotary', positionKinds),
    dropout: options.dropout ?? 0,
    epochs,
    stepsPerEpoch,
    iterations,
    batchSize,
    order,
    learningRate,
    minimumLearningRate: options.minimumLearningRate ?? learningRate / 10,
    warmup: options.warmup ?? Math.min(100, Math.floor(iterations / 10)),
    weightDecay: options.weightDecay ?? 0.1,
    validationSplit: options.validationSplit ?? 0.1,
    seed: options.seed ?? 0,
  };
}
