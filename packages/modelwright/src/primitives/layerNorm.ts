import { NdArray, sizeOf } from '../graph/array.js';
import { isFloat } from '../graph/dtype.js';
import { formatShape, type Shape, sameShape } from '../graph/shape.js';
import { apply, type Tensor } from '../graph/tensor.js';
import { add, mul, sub } from './arithmetic.js';
import { constant } from './constant.js';
import { definePrimitive, requireDtype, requireSameDtype, spread } from './define.js';
import { matmul } from './matmul.js';
import { mean, sum } from './reductions.js';
import { reshape } from './shaping.js';

type LayerNormAttributes = { dimensions: number; epsilon: number };

/** The shape with the last axes set to 1. */
const keptShape = (shape: Shape, dimensions: number): Shape =>
  shape.map((size, axis) => (axis < shape.length - dimensions ? size : 1));

/**
 * weight (x - mean) / sqrt(variance + epsilon) + bias over the last `dimensions` axes, and beside it the mean and
 * 1 / sqrt(variance + epsilon), with those axes kept as 1.
 */
export const layerNormPrimitive = definePrimitive<LayerNormAttributes>({
  name: 'layerNorm',
  infer(inputs, { dimensions }) {
    const dtype = requireSameDtype('layerNorm', inputs);
    const [x, weight, bias] = inputs;
    requireDtype('layerNorm', x!, isFloat, 'floats');
    const normalised = x!.shape.slice(x!.shape.length - dimensions);
    for (const { shape } of [weight!, bias!]) {
      if (!sameShape(shape, normalised)) {
        throw new TypeError(
          `layerNorm: the last ${dimensions} axes of ${formatShape(x!.shape)} ask for a weight and a bias of ${formatShape(normalised)}, but got ${formatShape(shape)}.`,
        );
      }
    }
    const kept = { dtype, shape: keptShape(x!.shape, dimensions) };
    return [{ dtype, shape: x!.shape }, kept, kept];
  },
  gradient({ inputs: [x, weight], outputs: [, , scale], gradients: [g, gCentre, gScale], attributes }) {
    const { dimensions } = attributes;
    const axes = Array.from({ length: x!.rank }, (_, axis) => axis);
    const [outer, inner] = [axes.slice(0, -dimensions), axes.slice(-dimensions)];
    const count = inner.reduce((total, axis) => total * (x!.shape[axis] as number), 1);
    const standard = standardised(x!, attributes);
    const along = g && mul(g, standard);
    const terms: Tensor[] = [];
    if (g) {
      const weighted = mul(g, weight!);
      const slope = mul(weightedSum(along!, weight!), 1 / count);
      terms.push(mul(sub(sub(weighted, mean(weighted, inner, true)), mul(standard, slope)), scale!));
    }
    if (gCentre) terms.push(mul(gCentre, 1 / count));
    if (gScale) terms.push(mul(standard, mul(mul(gScale, mul(scale!, scale!)), -1 / count)));
    return [terms.reduce(add), along && sum(along, outer), g && sum(g, outer)];
  },
  lower: (to, inputs, { attributes: { dimensions, epsilon } }) =>
    to.emitMany('LayerNormalization', inputs, 3, { axis: -dimensions, epsilon: { float: epsilon } }),
  evaluate([x, weight, bias], { dimensions, epsilon }) {
    const size = sizeOf(x!.shape.slice(x!.shape.length - dimensions));
    const rows = size === 0 ? 0 : x!.data.length / size;
    const [y, centres, scales] = [
      new Float64Array(x!.data.length),
      new Float64Array(rows),
      new Float64Array(rows),
    ];
    for (let row = 0; row < rows; row++) {
      const values = x!.data.subarray(row * size, (row + 1) * size);
      const centre = values.reduce((total, value) => total + value, 0) / size;
      const variance = values.reduce((total, value) => total + (value - centre) ** 2, 0) / size;
      const scale = 1 / Math.sqrt(variance + epsilon);
      for (let i = 0; i < size; i++)
        y[row * size + i] = (values[i]! - centre) * scale * weight!.data[i]! + bias!.data[i]!;
      centres[row] = centre;
      scales[row] = scale;
    }
    return [y, centres, scales];
  },
  samples: () => [
    {
      inputs: [spread([2, 3, 4]), spread([4], 0.5, 2), spread([4])],
      attributes: { dimensions: 1, epsilon: 1e-5 },
    },
    { inputs: [spread([3, 5]), spread([5]), spread([5])], attributes: { dimensions: 1, epsilon: 1e-5 } },
    {
      inputs: [spread([2, 2, 3]), spread([2, 3]), spread([2, 3])],
      attributes: { dimensions: 2, epsilon: 0.1 },
    },
    {
      inputs: [new NdArray('float32', [1, 3]), spread([3]), spread([3])],
      attributes: { dimensions: 1, epsilon: 0.01 },
    },
  ],
});

/** (x - mean) / sqrt(variance + epsilon): in one pass, where taking it from mean and variance would be two. */
function standardised(x: Tensor, attributes: LayerNormAttributes): Tensor {
  const shape = x.shape.slice(x.rank - attributes.dimensions) as number[];
  const [one, zero] = [1, 0].map((value) =>
    constant(NdArray.of(x.dtype, shape, new Array<number>(sizeOf(shape)).fill(value))),
  );
  return apply(layerNormPrimitive, [x, one!, zero!], attributes)[0]!;
}

/** The sum of weight x over the last axes, those of the weight, which stay as 1: as a product, without a pass for what is summed. */
function weightedSum(x: Tensor, weight: Tensor): Tensor {
  const outer = x.shape.slice(0, x.rank - weight.rank);
  const size = sizeOf(weight.shape as number[]);
  const sums = matmul(reshape(x, [...outer, size]), reshape(weight, [size, 1]));
  return reshape(sums, [...outer, ...weight.shape.map(() => 1)]);
}

/**
 * Layer normalisation over the last axes, those of `weight` and `bias`: weight (x - mean) / sqrt(variance + epsilon) + bias.
 * @throws TypeError when the weight or the bias does not have the shape of the last axes
 */
export function layerNormalize(x: Tensor, weight: Tensor, bias: Tensor, epsilon = 1e-5): Tensor {
  return apply(layerNormPrimitive, [x, weight, bias], { dimensions: weight.rank, epsilon })[0]!;
}
