import { formatShape, type Shape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { spread } from '../../primitives/define.js';
import { mul } from '../../primitives/index.js';
import { requireFloats, requireWithin } from '../checks.js';
import type { Context } from '../context.js';
import { dropoutMask } from '../dropoutMask.js';
import type { Layer } from '../layer.js';
import { defineLayer } from '../registry.js';

type Config = { readonly rate: number };

/** x with a part of it set to zero and the rest enlarged, chosen anew for each element of `maskShape`. */
export function drop(context: Context, x: Tensor, rate: number, maskShape: Shape = x.shape): Tensor {
  if (!context.training || rate === 0) return x;
  return mul(x, dropoutMask({ rate, key: context.key, salt: context.salt() }, maskShape, x.dtype));
}

const noFixture = 'the mask comes from random numbers of our own; dropout.test.ts checks its statistics';

const makeDropout = defineLayer<Config>({
  type: 'dropout',
  call(context, { rate }, x) {
    requireFloats(x!);
    return drop(context, x!, rate);
  },
  samples: () => [
    { name: 'dropout', config: { rate: 0.5 }, inputs: [spread([2, 3])] },
    { name: 'dropout training', config: { rate: 0.25 }, inputs: [spread([4, 5])], training: true, noFixture },
  ],
});

const makeSpatialDropout = defineLayer<Config>({
  type: 'spatialDropout',
  call(context, { rate }, x) {
    requireFloats(x!);
    if (x!.rank < 3)
      throw new TypeError(
        `expected [batch, channels, ..space], but got ${formatShape(x!.shape)}. Use dropout() here.`,
      );
    return drop(
      context,
      x!,
      rate,
      x!.shape.map((size, axis) => (axis < 2 ? size : 1)),
    );
  },
  samples: () => [
    { name: 'spatialDropout', config: { rate: 0.5 }, inputs: [spread([2, 3, 2, 2])] },
    {
      name: 'spatialDropout training',
      config: { rate: 0.4 },
      inputs: [spread([3, 4, 2])],
      training: true,
      noFixture,
    },
  ],
});

/**
 * Dropout (Srivastava et al., 2014): in training each value is 0 with probability `rate` and divided by 1 - rate otherwise, so
 * that the mean stays; outside training nothing happens. The mask is a function of the call's key.
 *
 * Input of any shape, output the same.
 * @throws RangeError unless 0 <= rate < 1
 */
export function dropout(rate: number): Layer {
  requireWithin('dropout', 'rate', rate, 0, 1);
  return makeDropout({ rate });
}

/**
 * Dropout of whole channels, for images and sequences (Tompson et al., 2015).
 *
 * Input [batch, channels, ..space], output the same.
 * @throws RangeError unless 0 <= rate < 1
 */
export function spatialDropout(rate: number): Layer {
  requireWithin('spatialDropout', 'rate', rate, 0, 1);
  return makeSpatialDropout({ rate });
}
