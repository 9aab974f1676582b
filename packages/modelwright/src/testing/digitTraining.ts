// For tests: trains the digit network on drawn digits, on any runtime.
import { digits } from '../data/browser.js';
import type { NdArray } from '../graph/array.js';
import { compile } from '../runtime/compile.js';
import type { Runtime } from '../runtime/runtime.js';
import { digitMoments, digitParameters, digitStep } from './digitNetwork.js';

/** The loss at each of `steps` steps, each on a batch of its own. */
export async function digitLosses(runtime: Runtime, steps: number, batch: number): Promise<number[]> {
  const step = compile(digitStep, { runtime });
  const { train } = digits({ train: steps * batch, test: 10, seed: 1 });
  let parameters: readonly NdArray[] = digitParameters();
  let moments: readonly NdArray[] = digitMoments();
  const losses: number[] = [];
  for await (const { input, target } of train.batch(batch)) {
    const result = await step([...parameters], [...moments], input!, target!);
    const [loss, newParameters, newMoments] = result as [NdArray, NdArray[], NdArray[]];
    losses.push(loss.item());
    [parameters, moments] = [newParameters, newMoments];
  }
  await step.release();
  return losses;
}
