import type { Layer } from '../../nn/layer.js';
import {
  conformerRecognizer,
  type NetworkOptions,
  type SpeechFrontOptions,
  speechRecognizer,
} from '../../nn/networks/index.js';

/** A network with what it is trained with unless it is said otherwise. */
interface SpeechNetwork {
  readonly make: (options: NetworkOptions & SpeechFrontOptions) => Layer;
  /** Whether it answers while sound arrives. */
  readonly streams: boolean;
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
}

/** What is hidden in training, of 40 rows and frames 10 ms apart. */
const hide = { frequencyWidth: 5, timeWidth: 5 } as const;

/** The networks of the task by the names that the command line uses. */
export const speechNetworks = {
  'conv-gru': {
    make: (options) => speechRecognizer({ hide, ...options }),
    ...{ streams: true, epochs: 30, batchSize: 16, learningRate: 2e-3 },
  },
  'conv-bigru': {
    make: (options) => speechRecognizer({ hide, ...options, bidirectional: true }),
    ...{ streams: false, epochs: 30, batchSize: 16, learningRate: 2e-3 },
  },
  conformer: {
    make: (options) => conformerRecognizer({ hide, ...options }),
    ...{ streams: false, epochs: 30, batchSize: 16, learningRate: 1e-3 },
  },
} as const satisfies Record<string, SpeechNetwork>;

export type SpeechNetworkName = keyof typeof speechNetworks;

export const speechNetworkNames: readonly string[] = Object.keys(speechNetworks);

/** Windows of 25 ms, 10 ms apart. */
export function speechSpectrogram(sampleRate: number): SpeechFrontOptions['spectrogram'] {
  const windowSize = Math.max(16, Math.round(0.025 * sampleRate));
  return {
    sampleRate,
    fftSize: 2 ** Math.ceil(Math.log2(windowSize)),
    windowSize,
    hop: Math.max(4, Math.round(0.01 * sampleRate)),
    mels: 40,
    lowest: Math.min(50, sampleRate / 8),
    // The level of a quiet room: were digital silence far below it, pauses with and without noise would look like two different things.
    floor: 1e-6,
  };
}
