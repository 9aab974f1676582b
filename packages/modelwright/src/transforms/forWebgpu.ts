// What suits ONNX Runtime's WebGPU provider, which has no kernels for some operators: they would run on the CPU, and each such
// operator stops the device, copies its operands there, and its results back.
import { NdArray } from '../graph/array.js';
import { type Graph, rebuild } from '../graph/graph.js';
import type { GraphNode, Tensor } from '../graph/tensor.js';
import {
  add,
  argMax,
  cast,
  concat,
  constant,
  equal,
  exp,
  expandDimensions,
  floor,
  log,
  matmul,
  matmulTransposed,
  max,
  mean,
  mul,
  neg,
  pad,
  range,
  reshape,
  slice,
  step,
  sub,
  sum,
  where,
} from '../primitives/index.js';
import { interpolationWeights } from '../primitives/resize.js';
import type { ScanAttributes } from '../primitives/scan.js';

type Size = readonly [height: number, width: number];

/** Loops whose steps have more nodes than this in all stay loops. */
const mostNodes = 10_000;

/**
 * Rewrites what would leave the device: logarithms of softmax, cross entropies with classes, positions of the largest, signs, numbers
 * rounded, and loops; pictures at another size, whose filter against aliasing is not implemented there at all; and products of nothing.
 */
export function forWebgpu(graph: Graph): Graph {
  return rebuild(graph, rewriteForWebgpu);
}

function rewriteForWebgpu(node: GraphNode, inputs: readonly Tensor[]): readonly Tensor[] | undefined {
  const [first, second] = inputs as [Tensor, Tensor];
  switch (node.primitive.name) {
    case 'logSoftmax':
      return [logSoftmaxByParts(first, node.attributes.axis as number)];
    case 'classLogLoss':
      return crossEntropyByParts(first, second, node.attributes.smoothing as number);
    case 'classLogLossGradient':
      return [crossEntropySlope(first, second, node.attributes.smoothing as number)];
    case 'argMax':
      return [argMaxByParts(first, node.attributes.axis as number)];
    case 'sign':
      return [sub(step(first), step(neg(first)))];
    case 'matmul':
      return productOfNothing(inputs, node.outputs[0]!);
    case 'round':
      return [roundByParts(first)];
    case 'resize':
      return resizeByProducts(first, node.attributes.size as Size);
    case 'letterbox':
      return letterboxByProducts(first, node.attributes.size as Size, node.attributes.fill as number);
    case 'scan':
      return unrolled(node.attributes as ScanAttributes, inputs);
    default:
      return undefined;
  }
}

function logSoftmaxByParts(x: Tensor, axis: number): Tensor {
  const below = sub(x, max(x, axis, true));
  return sub(below, log(sum(exp(below), axis, true)));
}

/** The first position of the largest value: ArgMax gives int64, which WebGPU does not have. */
function argMaxByParts(x: Tensor, axis: number): Tensor {
  const length = x.shape[axis];
  if (typeof length !== 'number') return argMax(x, axis);
  const alongAxis = x.shape.map((_, i) => (i === axis ? length : 1));
  const positions = reshape(cast(range(length), 'float32'), alongAxis);
  // Where nothing equals the largest, which is NaN then, the last position, as there is none behind it.
  const behind = where(equal(x, max(x, axis, true)), neg(positions), constant(1 - length));
  return cast(neg(max(behind, axis)), 'int32');
}

/** Zeros: a MatMul of matrices without elements ends the process there. */
function productOfNothing(
  inputs: readonly Tensor[],
  { dtype, shape }: Tensor,
): readonly Tensor[] | undefined {
  if (!inputs.some((each) => each.shape.includes(0))) return undefined;
  return [constant(new NdArray(dtype, shape as readonly number[]))];
}

/** To the nearest whole number, halves to the even one. */
function roundByParts(x: Tensor): Tensor {
  const below = floor(x);
  const rest = sub(x, below);
  const oddness = sub(below, mul(floor(mul(below, 0.5)), 2));
  return add(below, where(equal(rest, 0.5), oddness, step(sub(rest, 0.5))));
}

/** Pictures of a known size resampled along both axes, by a product with the weights of each. */
function resampled(x: Tensor, [height, width]: Size, weights: (from: number, to: number) => NdArray): Tensor {
  const table = (axis: number, to: number): Tensor =>
    cast(constant(weights(x.shape[axis] as number, to)), x.dtype);
  return matmulTransposed(matmul(table(2, height), x), table(3, width));
}

function resizeByProducts(x: Tensor, size: Size): readonly Tensor[] | undefined {
  const [, , height, width] = x.shape;
  if (typeof height !== 'number' || typeof width !== 'number') return undefined;
  return [height === size[0] && width === size[1] ? x : resampled(x, size, interpolationWeights)];
}

function letterboxByProducts(x: Tensor, [height, width]: Size, fill: number): readonly Tensor[] | undefined {
  const [, , fromHeight, fromWidth] = x.shape;
  if (typeof fromHeight !== 'number' || typeof fromWidth !== 'number') return undefined;
  const scale = Math.min(height / fromHeight, width / fromWidth);
  const [rows, columns] = [Math.round(fromHeight * scale), Math.round(fromWidth * scale)];
  const inner = resampled(x, [rows, columns], (from, to) => interpolationWeights(from, to, 1 / scale));
  return [pad(pad(inner, 2, 0, height - rows, fill), 3, 0, width - columns, fill)];
}

/** bool [.., classes]: where each row's class is. */
function atClasses(scores: Tensor, classes: Tensor): Tensor {
  return equal(expandDimensions(classes, -1), range(scores.shape.at(-1) as number, 'int32'));
}

function crossEntropyByParts(x: Tensor, classes: Tensor, smoothing: number): Tensor[] {
  const logs = logSoftmaxByParts(x, x.rank - 1);
  const picked = sum(where(atClasses(x, classes), logs, constant(0)), -1);
  const loss =
    smoothing === 0
      ? neg(picked)
      : sub(mul(picked, constant(smoothing - 1)), mul(mean(logs, -1), constant(smoothing)));
  return [loss, logs];
}

function crossEntropySlope(logs: Tensor, classes: Tensor, smoothing: number): Tensor {
  const even = smoothing / (logs.shape.at(-1) as number);
  const target = where(atClasses(logs, classes), constant(1 - smoothing + even), constant(even));
  return sub(exp(logs), target);
}

/** Nodes of a body once the loops in it are unrolled. */
function unrolledNodes({ nodes }: Graph): number {
  return nodes.reduce((total, { primitive, attributes, inputs }) => {
    if (primitive.name !== 'scan') return total + 1;
    const { body, carries } = attributes as ScanAttributes;
    return total + Number(inputs[carries]!.shape[0]) * unrolledNodes(body);
  }, 0);
}

/** The steps of a loop one after another. */
function unrolled(
  { body, carries, scanned, reverse }: ScanAttributes,
  inputs: readonly Tensor[],
): readonly Tensor[] | undefined {
  const scannedInputs = inputs.slice(carries, carries + scanned);
  const length = scannedInputs[0]!.shape[0];
  if (typeof length !== 'number' || length === 0 || length * unrolledNodes(body) > mostNodes)
    return undefined;
  const captured = inputs.slice(carries + scanned);
  const given: (readonly Tensor[])[] = [];
  let carried = inputs.slice(0, carries);
  for (let count = 0; count < length; count++) {
    const at = reverse ? length - 1 - count : count;
    const now = scannedInputs.map((x) => reshape(slice(x, 0, at, at + 1), x.shape.slice(1)));
    const { outputs } = rebuild(body, rewriteForWebgpu, [...carried, ...now, ...captured]);
    carried = outputs.slice(0, carries);
    given[at] = outputs.slice(carries);
  }
  const sequences = given[0]!.map((_, i) => concat(given.map((outputs) => expandDimensions(outputs[i]!, 0))));
  return [...carried, ...sequences];
}
