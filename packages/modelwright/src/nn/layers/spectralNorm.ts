import { formatShape, staticShape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { spread } from '../../primitives/define.js';
import { div, matmul, matmulTransposed, mul, reshape, stopGradient, sum } from '../../primitives/index.js';
import type { Context } from '../context.js';
import { initializer } from '../initializers.js';
import type { Layer } from '../layer.js';
import { defineLayer } from '../registry.js';
import { conv2d } from './convolution.js';
import { dense } from './dense.js';
import { unitVectors } from './directions.js';

const weightName = 'weight';
const noDifferences = 'the singular vectors count as constants, as in PyTorch';

/** A weight as a matrix [first axis, the rest], divided by its largest singular value as power iteration finds it. */
function normalised(context: Context, weight: Tensor): Tensor {
  const sizes = staticShape(weight.shape, weightName);
  const rows = sizes[0]!;
  const matrix = reshape(weight, [rows, -1]);
  const columns = matrix.shape[1] as number;
  const start = initializer({ name: 'normal', standardDeviation: 1 });
  let left = context.stateValue('left', [1, rows], start);
  let right = context.stateValue('right', [1, columns], start);
  if (context.training) {
    const fixed = stopGradient(matrix);
    right = unitVectors(matmul(left, fixed));
    left = unitVectors(matmulTransposed(right, fixed));
    context.updateState('left', left);
    context.updateState('right', right);
  }
  const largest = sum(mul(matmul(left, matrix), right));
  return div(weight, largest);
}

const make = defineLayer<{ readonly inner: Layer }>({
  type: 'spectralNorm',
  call(context, { inner: layer }, ...inputs) {
    let found = false;
    const changed = context.reparametrized((name, value) => {
      if (name !== weightName) return value;
      if (value.rank < 2)
        throw new TypeError(`a weight of ${formatShape(value.shape)} has no spectral norm.`);
      found = true;
      return normalised(context, value);
    });
    const output = layer.call(changed, ...inputs);
    if (!found)
      throw new TypeError(
        `spectralNorm: a layer of type '${layer.type}' has no parameter '${weightName}' of its own.`,
      );
    return output;
  },
  samples: () => [
    {
      name: 'spectralNorm dense',
      config: { inner: dense(3) },
      inputs: [spread([2, 4])],
      training: true,
      noDifferences,
    },
    {
      name: 'spectralNorm conv2d',
      config: { inner: conv2d(3, 2) },
      inputs: [spread([2, 2, 4, 3])],
      training: true,
      noDifferences,
    },
    {
      name: 'spectralNorm no training',
      config: { inner: dense(3, { bias: false }) },
      inputs: [spread([2, 4])],
    },
  ],
});

/**
 * A layer whose weight is divided by its largest singular value, so that the layer stretches no direction (Miyato et al., 2018). The value
 * is found by power iteration, a step in each call in training: v = Wᵀu / |Wᵀu|, u = W v / |W v|, W / (uᵀ W v), with u and v taken as constants.
 *
 * Input and output those of the layer. Parameters: the layer's own. State: left [1, rows] and right [1, columns], the u and v of the weight
 * as a matrix [first axis, the rest], random at first.
 * @param layer one with a parameter `weight` of its own, such as dense, conv2d or embedding
 */
export function spectralNorm(layer: Layer): Layer {
  return make({ inner: layer });
}
