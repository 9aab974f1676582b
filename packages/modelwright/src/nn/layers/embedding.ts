import { NdArray } from '../../graph/array.js';
import { isInteger } from '../../graph/dtype.js';
import { gather } from '../../primitives/index.js';
import { requireWhole } from '../checks.js';
import { type InitializerConfig, initializer } from '../initializers.js';
import type { Layer } from '../layer.js';
import { defineLayer } from '../registry.js';

export interface EmbeddingOptions {
  /** How the vectors start. Default: 'uniform' (±0.05), as in Keras. */
  readonly initializer?: InitializerConfig;
}

const make = defineLayer<EmbeddingOptions & { readonly vocabulary: number; readonly features: number }>({
  type: 'embedding',
  call(context, { vocabulary, features, initializer: start = 'uniform' }, indices) {
    if (!isInteger(indices!.dtype)) {
      throw new TypeError(
        `expected whole-number indices below ${vocabulary}, such as int32, but the input is ${indices!.dtype}. Use cast(x, 'int32').`,
      );
    }
    return gather(context.parameter('weight', [vocabulary, features], initializer(start)), indices!);
  },
  samples: () => [
    {
      name: 'embedding',
      config: { vocabulary: 5, features: 3 },
      inputs: [
        NdArray.from(
          [
            [0, 4, 2],
            [2, 2, 1],
          ],
          'int32',
        ),
      ],
    },
  ],
});

/**
 * A vector for each whole number: y[.., f] = weight[x[..], f].
 *
 * Input integers [..] in [0, vocabulary), output [.., features]. Parameters: weight [vocabulary, features]. An index outside the
 * vocabulary is an error when it runs.
 * @throws RangeError unless both sizes are whole numbers of at least 1
 */
export function embedding(vocabulary: number, features: number, options: EmbeddingOptions = {}): Layer {
  requireWhole('embedding', 'vocabulary', vocabulary);
  requireWhole('embedding', 'features', features);
  return make({ vocabulary, features, ...options });
}
