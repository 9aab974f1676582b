import { NdArray } from '../../graph/array.js';
import { formatShape } from '../../graph/shape.js';
import { cast, equal, expandDimensions, gather, max, mul, not, transpose } from '../../primitives/index.js';
import { requireWhole } from '../checks.js';
import { initializers } from '../initializers.js';
import type { Layer } from '../layer.js';
import { defineLayer } from '../registry.js';
import { conv2d } from './convolution.js';

export interface CharacterConvolutionOptions {
  /** Number of characters. Character 0 is padding. */
  readonly vocabulary: number;
  /** Numbers in a character's vector. Default: 30. */
  readonly features?: number;
  /** Default: 30. */
  readonly filters?: number;
  /** How many characters filters look at, an odd number. Default: 3. */
  readonly width?: number;
}

const make = defineLayer<Required<CharacterConvolutionOptions>>({
  type: 'characterConvolution',
  call(context, { vocabulary, features, filters, width }, ids) {
    if (ids!.rank !== 3) {
      throw new TypeError(
        `expected characters of tokens, [batch, time, characters], but got ${formatShape(ids!.shape)}.`,
      );
    }
    const weight = context
      .child('embedding')
      .parameter('weight', [vocabulary, features], initializers.normal());
    const present = expandDimensions(cast(not(equal(ids!, 0)), weight.dtype), 3);
    const half = (width - 1) / 2;
    const padding = [
      [0, 0],
      [half, half],
    ] as const;
    const found = conv2d(filters, [1, width], { padding, activation: 'relu' }).call(
      context,
      transpose(mul(gather(weight, ids!), present), [0, 3, 1, 2]),
    );
    return transpose(max(mul(found, transpose(present, [0, 3, 1, 2])), 3), [0, 2, 1]);
  },
  samples: () => [
    {
      name: 'characterConvolution',
      config: { vocabulary: 6, features: 3, filters: 2, width: 3 },
      inputs: [
        NdArray.from(
          [
            [
              [5, 1, 3, 2],
              [2, 4, 0, 0],
            ],
            [
              [1, 0, 0, 0],
              [0, 0, 0, 0],
            ],
          ],
          'int32',
        ),
      ],
    },
  ],
});

/**
 * What filters find among the characters of each token (Ma and Hovy, 2016): character vectors, a convolution with relu, and the largest
 * value over the characters of each filter.
 *
 * Input integers [batch, time, characters] in [0, vocabulary), 0 for padding, which changes nothing; output [batch, time, filters].
 * Parameters: embedding.weight [vocabulary, features], weight [filters, features, 1, width], bias [filters].
 * @throws RangeError unless all sizes are whole numbers of at least 1, and the width is odd
 */
export function characterConvolution({
  vocabulary,
  features = 30,
  filters = 30,
  width = 3,
}: CharacterConvolutionOptions): Layer {
  for (const [name, value] of Object.entries({ vocabulary, features, filters, width }))
    requireWhole('characterConvolution', name, value);
  if (width % 2 === 0)
    throw new RangeError(`characterConvolution: width is ${width}; expected an odd number.`);
  return make({ vocabulary, features, filters, width });
}
