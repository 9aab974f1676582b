import type { InitializerConfig } from '../../nn/initializers.js';
import type { Layer } from '../../nn/layer.js';
import { bilstmClassifier, textCnn, transformerClassifier } from '../../nn/networks/index.js';

/** What a network for texts is made for. */
export interface TextNetworkOptions {
  readonly vocabulary: number;
  readonly classes: number;
  /** The most tokens of a text. */
  readonly maximumLength: number;
}

/** A network with what it is trained with unless it is said otherwise. */
export interface TextNetwork {
  readonly make: (options: TextNetworkOptions) => Layer;
  readonly epochs: number;
  /** Of small data there are more epochs, until they make so many steps. */
  readonly steps?: number;
  readonly batchSize: number;
  readonly learningRate: number;
  /** Decay of the running average of the parameters that is measured and saved, if one is kept. */
  readonly average?: number;
}

/** How long token vectors are and how they start: what was best on held-out training texts, of words and of Chinese characters. */
function vectorsFor(vocabulary: number): { features: number; initializer: InitializerConfig } {
  const many = vocabulary > 10_000;
  return {
    features: many ? 300 : 128,
    initializer: { name: 'normal', standardDeviation: many ? 0.1 : 0.05 },
  };
}

/** The networks of the task by the names that the command line uses. */
export const textNetworks = {
  'text-cnn': {
    make: ({ vocabulary, classes }) => textCnn({ vocabulary, classes, ...vectorsFor(vocabulary) }),
    epochs: 5,
    steps: 600,
    batchSize: 50,
    learningRate: 1e-3,
    average: 0.98,
  },
  bilstm: {
    make: ({ vocabulary, classes }) => bilstmClassifier({ vocabulary, classes }),
    epochs: 4,
    steps: 400,
    batchSize: 50,
    learningRate: 1e-3,
    average: 0.98,
  },
  transformer: {
    make: ({ vocabulary, classes, maximumLength }) =>
      transformerClassifier({ vocabulary, classes, padding: 0, length: roundedLength(maximumLength) }),
    epochs: 5,
    batchSize: 32,
    learningRate: 3e-4,
  },
} as const satisfies Record<string, TextNetwork>;

/** The most epochs that are made of small data. */
const mostEpochs = 20;

/** How often a network goes through data that makes so many steps. */
export function epochsFor({ epochs, steps = 0 }: TextNetwork, stepsPerEpoch: number): number {
  return Math.max(epochs, Math.min(mostEpochs, Math.ceil(steps / stepsPerEpoch)));
}

/** Batches are padded to whole multiples of 16. */
const roundedLength = (length: number): number => Math.ceil(length / 16) * 16;

export type TextNetworkName = keyof typeof textNetworks;

/** The models of the task: the networks, and counting. */
export const textModelNames: readonly string[] = [...Object.keys(textNetworks), 'naive-bayes'];
