// What a step of a loop computes, for all steps at once: rules that give each primitive a leading axis of time.
import { apply, type GraphNode, type Tensor } from '../graph/tensor.js';
import { matmul } from './matmul.js';
import { sum } from './reductions.js';
import { broadcastTo, reshape } from './shaping.js';

/** An input of a node: its value at every step [time, ..], or one value that all steps share. */
export interface TimedInput {
  readonly value: Tensor;
  readonly varies: boolean;
}

type Rule = (node: GraphNode, inputs: readonly TimedInput[]) => Tensor;

/** With axes of size 1 between time and the rest, so that what varies broadcasts as it did without the axis of time. */
function aligned({ value, varies }: TimedInput, rank: number): Tensor {
  const missing = rank + 1 - value.rank;
  return varies && missing > 0
    ? reshape(value, [value.shape[0]!, ...new Array<number>(missing).fill(1), ...value.shape.slice(1)])
    : value;
}

const broadcasting: Rule = (node, inputs) => {
  const { rank } = node.outputs[0]!;
  return apply(
    node.primitive,
    inputs.map((each) => aligned(each, rank)),
    node.attributes,
  )[0]!;
};

/** A rule for a primitive of one input whose attributes say something of its axes. */
const withAttributes =
  (change: (attributes: GraphNode['attributes'], node: GraphNode) => GraphNode['attributes']): Rule =>
  (node, inputs) => {
    const [x] = inputs;
    const attributes = change(node.attributes, node);
    const length = x!.value.shape[0]!;
    const timed =
      'shape' in attributes ? { ...attributes, shape: [length, ...node.outputs[0]!.shape] } : attributes;
    return apply(node.primitive, [x!.value], timed)[0]!;
  };

const laterAxes = (axes: unknown): number[] => (axes as readonly number[]).map((axis) => axis + 1);

const product: Rule = (node, [a, b]) => {
  const { transposeA } = node.attributes;
  const { rank } = node.outputs[0]!;
  if (a!.varies && !b!.varies && rank === 2 && !transposeA && !node.attributes.transposeB)
    return matmul(a!.value, b!.value);
  if (a!.varies && !b!.varies && rank === 2 && !transposeA) {
    const [length, rows, columns] = a!.value.shape;
    const flat = reshape(a!.value, [-1, columns!]);
    const result = apply(node.primitive, [flat, b!.value], node.attributes)[0]!;
    return reshape(result, [length!, rows!, result.shape[1]!]);
  }
  return broadcasting(node, [a!, b!]);
};

const elementwise = [
  'neg',
  'abs',
  'exp',
  'log',
  'sqrt',
  'sin',
  'cos',
  'tanh',
  'sigmoid',
  'softplus',
  'relu',
  'erf',
  'sign',
  'step',
  'floor',
  'ceil',
  'round',
  'not',
  'cast',
  'add',
  'sub',
  'mul',
  'div',
  'pow',
  'maximum',
  'minimum',
  'mod',
  'equal',
  'less',
  'greater',
  'and',
  'or',
  'where',
  'stopGradient',
];

const reduction = withAttributes(({ axes, ...rest }) => ({ ...rest, axes: laterAxes(axes) }));

const rules: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ...elementwise.map((name): [string, Rule] => [name, broadcasting]),
  ['matmul', product],
  ['sum', reduction],
  ['max', reduction],
  ['reshape', withAttributes((attributes) => attributes)],
  ['transpose', withAttributes(({ order }) => ({ order: [0, ...laterAxes(order)] }))],
  ['slice', withAttributes(({ axes, ...rest }) => ({ ...rest, axes: laterAxes(axes) }))],
  [
    'pad',
    withAttributes(({ before, after, value }) => ({
      before: [0, ...(before as readonly number[])],
      after: [0, ...(after as readonly number[])],
      value,
    })),
  ],
  [
    'broadcastTo',
    (node, [x]) =>
      broadcastTo(aligned(x!, node.outputs[0]!.rank), [x!.value.shape[0]!, ...node.outputs[0]!.shape]),
  ],
  [
    'concat',
    (node, inputs) => {
      const length = inputs.find(({ varies }) => varies)!.value.shape[0]!;
      const parts = inputs.map(({ value, varies }) =>
        varies ? value : broadcastTo(value, [length, ...value.shape]),
      );
      return apply(node.primitive, parts, { axis: (node.attributes.axis as number) + 1 })[0]!;
    },
  ],
]);

/** Whether a node can be computed for all steps at once. */
export function hasTimeRule({ primitive }: GraphNode): boolean {
  return rules.has(primitive.name);
}

/** A node's output at every step [time, ..]. At least one of its inputs varies. */
export function overTime(node: GraphNode, inputs: readonly TimedInput[]): Tensor {
  return rules.get(node.primitive.name)!(node, inputs);
}

/**
 * The sum over all steps of a node's output. A product of two matrices that both vary, a weight's gradient, becomes one product
 * over all steps.
 */
export function sumOverTime(node: GraphNode, inputs: readonly TimedInput[]): Tensor {
  const [a, b] = inputs;
  const { transposeA, transposeB } = node.attributes;
  const isOuter = node.primitive.name === 'matmul' && transposeA === true && transposeB === false;
  if (isOuter && node.outputs[0]!.rank === 2 && a!.varies && b!.varies) {
    const flat = [a!, b!].map(({ value }) => reshape(value, [-1, value.shape[2]!]));
    return apply(node.primitive, flat, node.attributes)[0]!;
  }
  return sum(overTime(node, inputs), 0);
}
