// A training with everything that an engine keeps, on WebGPU, in the process that runOnWebgpu() starts.
import { sgd } from '../index.js';
import { play } from './alternatesTesting.js';
import { longTraining, measuredBy, valuesOf } from './testing.js';

export interface WebgpuTraining {
  /** With plain gradient descent: the bias in front of batch normalisation has no gradient, and Adam follows what rounding leaves. */
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
  const trained = await longTraining({ ...options, optimizer: sgd(0.02) });
  const whole = await longTraining(options);
  const stop = new AbortController();
  const stopAtFour = ({ step }: { step: number }): void => {
    if (step === 4) stop.abort();
  };
  await longTraining({
    ...options,
    checkpoint: { directory },
    signal: stop.signal,
    callbacks: [{ onStepEnd: stopAtFour }],
  });
  const resumed = await longTraining({ ...options, checkpoint: { directory, resume: true } });
  return {
    values: valuesOf(trained),
    measured: measuredBy(trained),
    whole: valuesOf(whole),
    resumed: valuesOf(resumed),
    alternated: valuesOf(await play(1, options)),
  };
}
