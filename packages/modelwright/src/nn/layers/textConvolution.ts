import { NdArray } from '../../graph/array.js';
import { formatShape } from '../../graph/shape.js';
import { cast, concat, equal, expandDimensions, max, mul, not, transpose } from '../../primitives/index.js';
import { requireWhole } from '../checks.js';
import type { InitializerConfig } from '../initializers.js';
import type { Layer } from '../layer.js';
import { defineLayer } from '../registry.js';
import { conv1d } from './convolution.js';
import { embedding } from './embedding.js';

export interface TextConvolutionOptions {
  /** Number of tokens. Token 0 is padding. */
  readonly vocabulary: number;
  /** Length of each token's vector. Default: 128. */
  readonly features?: number;
  /** Filters of each width. Default: 100. */
  readonly filters?: number;
  /** How many tokens filters look at. Default: [3, 4, 5]. */
  readonly widths?: readonly number[];
  /** How the token vectors start. Default: 'normal' (standard deviation 0.05). */
  readonly initializer?: InitializerConfig;
}

const make = defineLayer<Required<TextConvolutionOptions>>({
  type: 'textConvolution',
  call(context, { vocabulary, features, filters, widths, initializer }, ids) {
    if (ids!.rank !== 2)
      throw new TypeError(`expected token ids [batch, time], but got ${formatShape(ids!.shape)}.`);
    const vectors = embedding(vocabulary, features, { initializer }).call(context.child('embedding'), ids!);
    const mask = expandDimensions(cast(not(equal(ids!, 0)), 'float32'), 2);
    const tokens = transpose(mul(vectors, mask), [0, 2, 1]);
    const present = transpose(mask, [0, 2, 1]);
    return concat(
      widths.map((width) => {
        const found = conv1d(filters, width, { padding: 'same', activation: 'relu' }).call(
          context.child(`width${width}`),
          tokens,
        );
        return max(mul(found, present), 2);
      }),
      1,
    );
  },
  samples: () => [
    {
      name: 'textConvolution',
      config: { vocabulary: 6, features: 3, filters: 2, widths: [2, 3], initializer: 'normal' },
      inputs: [
        NdArray.from(
          [
            [5, 1, 3, 2, 4],
            [2, 4, 0, 0, 0],
          ],
          'int32',
        ),
      ],
    },
  ],
});

/**
 * What filters over neighbouring tokens find in a text (Kim, 2014): token vectors, convolutions of several widths with relu, and
 * the largest value over time of each filter.
 *
 * Input integers [batch, time] in [0, vocabulary), 0 for padding, which changes nothing; output [batch, widths * filters].
 * Parameters: embedding.weight [vocabulary, features], and weight [filters, features, width]
 * and bias [filters] of each width.
 * @throws RangeError unless all sizes are whole numbers of at least 1
 */
export function textConvolution({
  vocabulary,
  features = 128,
  filters = 100,
  widths = [3, 4, 5],
  initializer = 'normal',
}: TextConvolutionOptions): Layer {
  for (const [name, value] of Object.entries({ vocabulary, features, filters }))
    requireWhole('textConvolution', name, value);
  for (const width of widths) requireWhole('textConvolution', 'widths', width);
  return make({ vocabulary, features, filters, widths, initializer });
}
