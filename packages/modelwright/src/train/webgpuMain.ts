// A training with everything that an engine keeps, on WebGPU, in the process that runOnWebgpu() starts.
import { sgd } from '../index.js';
import { play } from './alternatesTesting.js';
import { longTraining, measuredBy, stoppedTraining, valuesOf } from './testing.js';

/**
 * The training that is compared with the CPU's. By plain gradient descent: the bias in front of batch normalisation has no gradient, and Adam
 * follows what rounding leaves. From a seed with which no input of a ReLU lies so near to zero that rounding decides (with 1 and 3 one does).
 */
export const compared = { optimizer: sgd(0.02), seed: 2 } as const;

export interface WebgpuTraining {
  /** Of the training that is compared. */
  readonly values: number[];
  readonly measured: object[];
  /** With Adam, left alone; and broken off in its middle, and gone on with from its checkpoint. */
  readonly whole: number[];
  readonly resumed: number[];
  /** Of steps of two kinds that take turns, one to one. */
  readonly alternated: number[];
}

export default async function main({ directory }: { directory: string }): Promise<WebgpuTraining> {
  const options = { device: 'webgpu', workers: 1 } as const;
  const trained = await longTraining({ ...options, ...compared });
  const whole = await longTraining(options);
  await stoppedTraining(directory, options);
  const resumed = await longTraining({ ...options, checkpoint: { directory, resume: true } });
  return {
    values: valuesOf(trained),
    measured: measuredBy(trained),
    whole: valuesOf(whole),
    resumed: valuesOf(resumed),
    alternated: valuesOf(await play(1, options)),
  };
}
