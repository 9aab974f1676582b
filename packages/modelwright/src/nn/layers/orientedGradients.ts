// Histograms of oriented gradients: what edges run through each part of a picture, and how strongly.
import { NdArray } from '../../graph/array.js';
import { formatShape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { spread } from '../../primitives/define.js';
import {
  add,
  constant,
  convolution,
  div,
  mean,
  mul,
  relu,
  reshape,
  sqrt,
  square,
} from '../../primitives/index.js';
import { knownSize, requireFloats, requireWhole } from '../checks.js';
import type { Layer } from '../layer.js';
import { defineLayer } from '../registry.js';

export interface OrientedGradientsOptions {
  /** Directions that are told apart, over the full circle: from dark to light is another than from light to dark. At least 3. Default: 8. */
  readonly bins?: number;
  /** Pixels from one window to the next, in both directions. Default: 3. */
  readonly spacing?: number;
}

/** Keeps roots and quotients finite where a picture is flat; pixels are taken to have deviations of about 1. */
const least = 1e-3;

/** The same filters for each channel: [channels * filters, 1, height, width]. */
function repeated(filters: readonly (readonly (readonly number[])[])[], times: number): Tensor {
  const each = filters.map((filter) => [filter]);
  return constant(NdArray.from(Array.from({ length: times }, () => each).flat()));
}

/** The derivative of the pictures along each direction, by central differences of neighbours. */
const derivatives = (bins: number) =>
  Array.from({ length: bins }, (_, bin) => {
    const [x, y] = [Math.cos((2 * Math.PI * bin) / bins), Math.sin((2 * Math.PI * bin) / bins)];
    return [
      [0, -y, 0],
      [-x, 0, x],
      [0, y, 0],
    ];
  });

/** A Gaussian window, whose values add up to 1, and how far it reaches to each side. */
function gaussian(deviation: number): { window: number[][]; reach: number } {
  const reach = Math.ceil(2.5 * deviation);
  const across = Array.from({ length: 2 * reach + 1 }, (_, i) =>
    Math.exp(-(((i - reach) / deviation) ** 2) / 2),
  );
  const total = across.reduce((sum, value) => sum + value);
  return { window: across.map((y) => across.map((x) => (x * y) / total ** 2)), reach };
}

function histograms(x: Tensor, bins: number, spacing: number): Tensor {
  const channels = knownSize(x, 1, 'the number of channels');
  const along = convolution(x, repeated(derivatives(bins), channels), {
    strides: [1, 1],
    before: [0, 0],
    after: [0, 0],
    dilations: [1, 1],
    groups: channels,
  });
  const [batch, , height, width] = along.shape as [Tensor['shape'][number], ...Tensor['shape']];
  const apart = reshape(along, [batch, channels, bins, height!, width!]);
  // The derivatives along evenly spread directions have the mean square |gradient|² / 2.
  const squared = mul(mean(square(apart), 2, true), 2);
  const facing = relu(apart);
  const votes = div(mul(facing, square(facing)), add(squared, least ** 2));
  const { window, reach } = gaussian((2 / 3) * spacing);
  const gathered = convolution(
    reshape(votes, along.shape),
    repeated(
      Array.from({ length: bins }, () => window),
      channels,
    ),
    {
      strides: [spacing, spacing],
      before: [reach, reach],
      after: [reach, reach],
      dilations: [1, 1],
      groups: channels * bins,
    },
  );
  return sqrt(add(gathered, least));
}

const makeOrientedGradients = defineLayer<OrientedGradientsOptions>({
  type: 'orientedGradients',
  call(_context, { bins = 8, spacing = 3 }, x) {
    requireFloats(x!);
    const [, , height, width] = x!.shape;
    if (x!.rank !== 4 || [height, width].some((size) => typeof size === 'number' && size < 3)) {
      throw new TypeError(
        `expected pictures [batch, channels, height, width] of at least 3 by 3 pixels, but got ${formatShape(x!.shape)}.`,
      );
    }
    return histograms(x!, bins, spacing);
  },
  samples: () => [
    { name: 'orientedGradients', config: { bins: 3, spacing: 2 }, inputs: [spread([2, 2, 5, 6])] },
    { name: 'orientedGradients usual', config: {}, inputs: [spread([1, 1, 8, 7])] },
  ],
});

/**
 * Histograms of oriented gradients (Dalal and Triggs, 2005), as part of the graph. With g the gradient of a channel at a pixel and a its angle
 * from direction d, the pixel votes |g| max(cos a, 0)³ for d. Votes are added up under Gaussian windows `spacing` pixels apart,
 * whose deviation is two thirds of that, and their square root is taken, so that strong edges do not drown weak ones.
 *
 * Input floats [batch, channels, height, width], of deviation about 1, such as instanceNorm gives; output [batch, channels * bins, height out,
 * width out], the bins of one channel after each other, each size out = floor((size - 3) / spacing) + 1. No parameters.
 * @throws RangeError unless bins is a whole number of at least 3 and spacing one of at least 1
 */
export function orientedGradients(options: OrientedGradientsOptions = {}): Layer {
  const { bins = 8, spacing = 3 } = options;
  requireWhole('orientedGradients', 'bins', bins, 3);
  requireWhole('orientedGradients', 'spacing', spacing);
  return makeOrientedGradients(options);
}
