import { NdArray } from '../../graph/array.js';
import { formatShape } from '../../graph/shape.js';
import { add, cast, equal, expandDimensions, mul, not, sum } from '../../primitives/index.js';
import { requireWhole } from '../checks.js';
import { zeros } from '../initializers.js';
import type { Layer } from '../layer.js';
import { defineLayer } from '../registry.js';
import { embedding } from './embedding.js';

const make = defineLayer<{ readonly vocabulary: number; readonly units: number }>({
  type: 'bagOfTokens',
  call(context, { vocabulary, units }, ids) {
    if (ids!.rank !== 2)
      throw new TypeError(`expected token ids [batch, time], but got ${formatShape(ids!.shape)}.`);
    const scores = embedding(vocabulary, units).call(context.child('scores'), ids!);
    const present = expandDimensions(cast(not(equal(ids!, 0)), 'float32'), 2);
    return add(sum(mul(scores, present), 1), context.parameter('bias', [units], zeros));
  },
  samples: () => [
    {
      name: 'bagOfTokens',
      config: { vocabulary: 5, units: 2 },
      inputs: [
        NdArray.from(
          [
            [4, 1, 4],
            [2, 0, 0],
          ],
          'int32',
        ),
      ],
    },
  ],
});

/**
 * A linear function of how often each token occurs: y[u] = bias[u] + sum over tokens t of scores[x[t], u].
 *
 * Input integers [batch, time] in [0, vocabulary), 0 for padding, which counts nothing; output [batch, units]. Parameters:
 * scores.weight [vocabulary, units], bias [units].
 * @throws RangeError unless both sizes are whole numbers of at least 1
 */
export function bagOfTokens(vocabulary: number, units: number): Layer {
  requireWhole('bagOfTokens', 'vocabulary', vocabulary);
  requireWhole('bagOfTokens', 'units', units);
  return make({ vocabulary, units });
}
