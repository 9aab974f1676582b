// Named patterns: each looks at one node whose inputs are already rewritten, and may give what should stand there instead.
import { isFloat } from '../graph/dtype.js';
import type { NodeRewrite } from '../graph/graph.js';
import { broadcastShapes, type Shape, sameShape } from '../graph/shape.js';
import { apply, type GraphNode, type Tensor } from '../graph/tensor.js';
import { broadcastTo, cast, mul, neg, reshape, transpose } from '../primitives/index.js';
import { constantValue } from './constantFolding.js';
import { rowFactorsOutOfProducts } from './products.js';

type Pattern = (node: GraphNode, inputs: readonly Tensor[]) => Tensor | undefined;

const isMadeBy = (tensor: Tensor, name: string): boolean => tensor.node?.primitive.name === name;

/** Whether a tensor is a constant all of whose elements are `value`. */
function isAll(tensor: Tensor, value: number): boolean {
  const array = constantValue(tensor);
  return (
    array !== undefined && array.size > 0 && array.size <= 64 && array.toNumbers().every((x) => x === value)
  );
}

/** `x`, if putting it in the place of a result of this shape changes nothing. */
const standIn = (x: Tensor, node: GraphNode): Tensor | undefined =>
  sameShape(x.shape, node.outputs[0]!.shape) ? x : undefined;

const broadcasting = new Set([
  'add',
  'sub',
  'mul',
  'div',
  'pow',
  'maximum',
  'minimum',
  'equal',
  'less',
  'greater',
  'and',
  'or',
  'where',
]);

/** Elementwise operations stretch their operands themselves: op(broadcastTo(x), y) is op(x, y) where y has the full shape. */
const dropBroadcast: Pattern = (node, inputs) => {
  if (!broadcasting.has(node.primitive.name) || !inputs.some((tensor) => isMadeBy(tensor, 'broadcastTo')))
    return undefined;
  const target = node.outputs[0]!.shape;
  const dropped = [...inputs];
  for (const [position, tensor] of inputs.entries()) {
    if (!isMadeBy(tensor, 'broadcastTo')) continue;
    const candidate = dropped.with(position, tensor.node!.inputs[0]!);
    const shape = candidate
      .map((operand) => operand.shape)
      .reduce((a, b): Shape => broadcastShapes(a, b, 'dropBroadcast'), []);
    if (sameShape(shape, target)) dropped[position] = candidate[position]!;
  }
  return dropped.every((tensor, position) => tensor === inputs[position])
    ? undefined
    : apply(node.primitive, dropped, node.attributes)[0];
};

const multiplyByOne: Pattern = (node, [a, b]) => {
  if (node.primitive.name === 'mul')
    return isAll(b!, 1) ? standIn(a!, node) : isAll(a!, 1) ? standIn(b!, node) : undefined;
  return node.primitive.name === 'div' && isAll(b!, 1) ? standIn(a!, node) : undefined;
};

const addZero: Pattern = (node, [a, b]) => {
  if (node.primitive.name === 'add')
    return isAll(b!, 0) ? standIn(a!, node) : isAll(a!, 0) ? standIn(b!, node) : undefined;
  return node.primitive.name === 'sub' && isAll(b!, 0) ? standIn(a!, node) : undefined;
};

/** (x * c) * d is x * (c d), for scalar constants c and d. */
const mergeFactors: Pattern = (node, [a, b]) => {
  if (node.primitive.name !== 'mul') return undefined;
  const [factor, rest] = constantValue(b!)?.size === 1 ? [b!, a!] : [a!, b!];
  if (constantValue(factor)?.size !== 1 || !isMadeBy(rest, 'mul')) return undefined;
  const [c, d] = rest.node!.inputs as [Tensor, Tensor];
  const [inner, x] = constantValue(d)?.size === 1 ? [d, c] : [c, d];
  if (constantValue(inner)?.size !== 1 || factor.rank > 0 || inner.rank > 0) return undefined;
  return mul(x, mul(inner, factor));
};

const doubleNegation: Pattern = (node, [x]) =>
  node.primitive.name === 'neg' && isMadeBy(x!, 'neg') ? x!.node!.inputs[0] : undefined;

/** a + (-b) is a - b, and a - (-b) is a + b. */
const signIntoSum: Pattern = (node, [a, b]) => {
  if (node.primitive.name !== 'add') return undefined;
  if (isMadeBy(b!, 'neg')) return a!.sub(b!.node!.inputs[0]!);
  return isMadeBy(a!, 'neg') ? b!.sub(a!.node!.inputs[0]!) : undefined;
};

/** (-a) * c is a * (-c) for a constant c. */
const signIntoFactor: Pattern = (node, [a, b]) => {
  if (node.primitive.name !== 'mul') return undefined;
  if (isMadeBy(a!, 'neg') && constantValue(b!)) return mul(a!.node!.inputs[0]!, neg(b!));
  return isMadeBy(b!, 'neg') && constantValue(a!) ? mul(b!.node!.inputs[0]!, neg(a!)) : undefined;
};

const reshapeOfReshape: Pattern = (node, [x]) =>
  node.primitive.name === 'reshape' &&
  isMadeBy(x!, 'reshape') &&
  isStaticPair(x!.node!.inputs[0]!.shape, node.outputs[0]!.shape)
    ? reshape(x!.node!.inputs[0]!, node.outputs[0]!.shape)
    : undefined;

const isStaticPair = (a: Shape, b: Shape): boolean => [...a, ...b].every((size) => typeof size === 'number');

const reshapeToSame: Pattern = (node, [x]) =>
  node.primitive.name === 'reshape' ? standIn(x!, node) : undefined;

const transposeOfTranspose: Pattern = (node, [x]) => {
  if (node.primitive.name !== 'transpose' || !isMadeBy(x!, 'transpose')) return undefined;
  const inner = x!.node!.attributes.order as readonly number[];
  return transpose(
    x!.node!.inputs[0]!,
    (node.attributes.order as readonly number[]).map((axis) => inner[axis]!),
  );
};

/** The product can read a transposed operand as it is. */
const transposeIntoMatmul: Pattern = (node, inputs) => {
  if (node.primitive.name !== 'matmul') return undefined;
  const swapsLastTwo = (tensor: Tensor): boolean => {
    if (!isMadeBy(tensor, 'transpose')) return false;
    const order = tensor.node!.attributes.order as readonly number[];
    const { rank } = tensor;
    return order.every(
      (axis, position) => axis === (position < rank - 2 ? position : 2 * rank - 3 - position),
    );
  };
  const turned = inputs.map(swapsLastTwo);
  if (!turned.some(Boolean)) return undefined;
  const { transposeA, transposeB } = node.attributes;
  const attributes = { transposeA: transposeA !== turned[0], transposeB: transposeB !== turned[1] };
  return apply(
    node.primitive,
    inputs.map((tensor, i) => (turned[i] ? tensor.node!.inputs[0]! : tensor)),
    attributes,
  )[0];
};

/** A cast of a cast between floats, or from a boolean, is the last cast. */
const castOfCast: Pattern = (node, [x]) => {
  if (node.primitive.name !== 'cast' || !isMadeBy(x!, 'cast')) return undefined;
  const origin = x!.node!.inputs[0]!;
  const harmless = origin.dtype === 'bool' || (x!.dtype === 'float64' && isFloat(origin.dtype));
  return harmless && node.outputs[0]!.dtype !== 'bool' ? cast(origin, node.outputs[0]!.dtype) : undefined;
};

/** stopGradient has done its work once the graph is differentiated. */
const dropStopGradient: Pattern = (node, [x]) => (node.primitive.name === 'stopGradient' ? x : undefined);

/** A broadcast of a broadcast is one. */
const broadcastOfBroadcast: Pattern = (node, [x]) =>
  node.primitive.name === 'broadcastTo' && isMadeBy(x!, 'broadcastTo')
    ? broadcastTo(x!.node!.inputs[0]!, node.outputs[0]!.shape)
    : undefined;

/** All patterns, by name, in the order in which they are tried. */
export const patterns: Readonly<Record<string, Pattern>> = {
  dropStopGradient,
  dropBroadcast,
  broadcastOfBroadcast,
  multiplyByOne,
  addZero,
  mergeFactors,
  doubleNegation,
  signIntoSum,
  signIntoFactor,
  reshapeToSame,
  reshapeOfReshape,
  transposeOfTranspose,
  transposeIntoMatmul,
  rowFactorsOutOfProducts,
  castOfCast,
};

/** What the first pattern that fits makes of a node. */
export const rewriteNode: NodeRewrite = (node, inputs) => {
  for (const pattern of Object.values(patterns)) {
    const replacement = pattern(node, inputs);
    if (replacement) return [replacement];
  }
  return undefined;
};
