import { NdArray } from '../../graph/array.js';
import type { CachedDecoder, StepModel } from '../../nn/decoding/index.js';

/**
 * A sequence of any length from a model with a limited context: when the context is full, the model reads the last half of it
 * anew and goes on from there.
 * @param length tokens of the context
 */
export async function slidingSequence(decoder: CachedDecoder, length: number): Promise<StepModel> {
  let model = await decoder.start();
  let context: number[] = [];
  return {
    async next(tokens) {
      const added = tokens.toNumbers();
      if (context.length + added.length <= length) {
        context.push(...added);
        return model.next(tokens);
      }
      const kept = Math.max(Math.ceil(length / 2), added.length);
      context = [...context, ...added].slice(-kept);
      model = await decoder.start();
      return model.next(NdArray.of('int32', [1, context.length], context));
    },
    reorder: (indices) => model.reorder(indices),
  };
}
