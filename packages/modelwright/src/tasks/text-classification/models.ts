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
interface TextNetwork {
  readonly make: (options: TextNetworkOptions) => Layer;
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
}

/** The networks of the task by the names that the command line uses. */
export const textNetworks = {
  'text-cnn': {
    make: ({ vocabulary, classes }) => textCnn({ vocabulary, classes }),
    epochs: 4,
    batchSize: 50,
    learningRate: 1e-3,
  },
  bilstm: {
    make: ({ vocabulary, classes }) => bilstmClassifier({ vocabulary, classes }),
    epochs: 6,
    batchSize: 50,
    learningRate: 1e-3,
  },
  transformer: {
    make: ({ vocabulary, classes, maximumLength }) =>
      transformerClassifier({ vocabulary, classes, padding: 0, length: roundedLength(maximumLength) }),
    epochs: 5,
    batchSize: 32,
    learningRate: 3e-4,
  },
} as const satisfies Record<string, TextNetwork>;

/** Batches are padded to whole multiples of 16. */
const roundedLength = (length: number): number => Math.ceil(length / 16) * 16;

export type TextNetworkName = keyof typeof textNetworks;

/** The models of the task: the networks, and counting. */
export const textModelNames: readonly string[] = [...Object.keys(textNetworks), 'naive-bayes'];
