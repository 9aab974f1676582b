import type { Layer } from '../../nn/layer.js';
import { type AudioNetworkOptions, audioCnn, audioCrnn } from '../../nn/networks/index.js';

/** A network with what it is trained with unless it is said otherwise. */
interface AudioNetwork {
  readonly make: (options: AudioNetworkOptions) => Layer;
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
}

/** What is hidden and warped in training, of 32 rows and frames 16 ms apart. */
const disturbed = {
  hide: { frequencyWidth: 5, timeWidth: 8 },
  warp: { stretch: 0.1, shift: 1.5 },
} as const;

/** The networks of the task by the names that the command line uses. */
export const audioNetworks = {
  'audio-cnn': {
    make: (options) => audioCnn({ ...disturbed, ...options }),
    ...{ epochs: 40, batchSize: 32, learningRate: 4e-3 },
  },
  'audio-crnn': {
    make: (options) => audioCrnn({ ...disturbed, ...options }),
    ...{ epochs: 40, batchSize: 32, learningRate: 4e-3 },
  },
} as const satisfies Record<string, AudioNetwork>;

export type AudioNetworkName = keyof typeof audioNetworks;

export const audioNetworkNames: readonly string[] = Object.keys(audioNetworks);

/** Windows of 32 ms, 16 ms apart, as far as 52 decibel below the loudest. */
export function spectrogramFor(sampleRate: number): AudioNetworkOptions['spectrogram'] {
  const windowSize = Math.max(16, Math.round(0.032 * sampleRate));
  return {
    sampleRate,
    fftSize: windowSize,
    hop: Math.round(windowSize / 2),
    mels: 32,
    lowest: Math.min(50, sampleRate / 8),
    range: 12,
  };
}
