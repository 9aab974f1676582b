// What a step of a loop computes, for all steps at once: rules that give each primitive a leading axis of time.
import type { Shape } from '../graph/shape.js';
import { type Attributes, apply, type GraphNode, type Tensor } from '../graph/tensor.js';
import { sum } from './reductions.js';
import { broadcastTo, concat, expandDimensions, reshape, slice } from './shaping.js';

/** An input of a node: its value at every step [time, ..], or one value that all steps share. */
export interface TimedInput {
  readonly value: Tensor;
  readonly varies: boolean;
}

type Rule = (node: GraphNode, inputs: readonly TimedInput[]) => readonly Tensor[];

/** With axes of size 1 between time and the rest, so that what varies broadcasts as it did without the axis of time. */
function aligned({ value, varies }: TimedInput, rank: number): Tensor {
  const missing = rank + 1 - value.rank;
  if (!varies || missing <= 0) return value;
  return reshape(value, [value.shape[0]!, ...new Array<number>(missing).fill(1), ...value.shape.slice(1)]);
}

const broadcasting: Rule = (node, inputs) => {
  const { rank } = node.outputs[0]!;
  return apply(
    node.primitive,
    inputs.map((each) => aligned(each, rank)),
    node.attributes,
  );
};

/** The same primitive with attributes that count the axis of time. */
const withAxes =
  (change: (attributes: Attributes) => Attributes): Rule =>
  (node, [x]) =>
    apply(node.primitive, [x!.value], { ...node.attributes, ...change(node.attributes) });

const later = (axes: unknown): number[] => (axes as readonly number[]).map((axis) => axis + 1);

const timed = (x: TimedInput, shape: Shape): Shape => [x.value.shape[0]!, ...shape];

/** A product with a matrix that all steps share is one product of all rows. */
const product: Rule = (node, [a, b]) => {
  const shared = a!.varies && !b!.varies && a!.value.rank === 3 && b!.value.rank === 2;
  if (!shared || node.attributes.transposeA) return broadcasting(node, [a!, b!]);
  const [flat] = apply(
    node.primitive,
    [reshape(a!.value, [-1, a!.value.shape[2]!]), b!.value],
    node.attributes,
  );
  return [reshape(flat!, timed(a!, node.outputs[0]!.shape))];
};

const elementwise = [
  ...[
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
  ],
  ...[
    'floor',
    'ceil',
    'round',
    'not',
    'cast',
    'stopGradient',
    'add',
    'sub',
    'mul',
    'div',
    'pow',
    'mod',
    'maximum',
  ],
  ...['minimum', 'equal', 'less', 'greater', 'and', 'or', 'where'],
];

const alongAxes = withAxes(({ axes }) => ({ axes: later(axes) }));

const rules: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ...elementwise.map((name): [string, Rule] => [name, broadcasting]),
  ['matmul', product],
  ['sum', alongAxes],
  ['max', alongAxes],
  ['slice', alongAxes],
  ['split', withAxes(({ axis }) => ({ axis: (axis as number) + 1 }))],
  ['transpose', withAxes(({ order }) => ({ order: [0, ...later(order)] }))],
  [
    'pad',
    withAxes(({ before, after }) => ({
      before: [0, ...(before as readonly number[])],
      after: [0, ...(after as readonly number[])],
    })),
  ],
  ['reshape', (node, [x]) => [reshape(x!.value, timed(x!, node.outputs[0]!.shape))]],
  ['broadcastTo', ({ outputs: [y] }, [x]) => [broadcastTo(aligned(x!, y!.rank), timed(x!, y!.shape))]],
  [
    'concat',
    (node, inputs) => {
      const some = inputs.find(({ varies }) => varies)!;
      const parts = inputs.map(({ value, varies }) =>
        varies ? value : broadcastTo(value, timed(some, value.shape)),
      );
      return [concat(parts, (node.attributes.axis as number) + 1)];
    },
  ],
]);

/** Whether a node can be computed for all steps at once. */
export function hasTimeRule({ primitive }: GraphNode): boolean {
  return rules.has(primitive.name);
}

/** A node's outputs at every step [time, ..]. At least one of its inputs varies. */
export function overTime(node: GraphNode, inputs: readonly TimedInput[]): readonly Tensor[] {
  return rules.get(node.primitive.name)!(node, inputs);
}

/**
 * The sum over all steps of a node's output. A product of two matrices that both vary, a weight's gradient, becomes one
 * product over all steps.
 */
export function sumOverTime(tensor: Tensor, inputs: readonly TimedInput[]): Tensor {
  const node = tensor.node!;
  const { transposeA, transposeB } = node.attributes;
  const isOuter = node.primitive.name === 'matmul' && transposeA === true && transposeB === false;
  if (isOuter && tensor.rank === 2 && inputs.every(({ varies }) => varies)) {
    const flat = inputs.map(({ value }) => reshape(value, [-1, value.shape[2]!]));
    return apply(node.primitive, flat, node.attributes)[0]!;
  }
  return sum(overTime(node, inputs)[tensor.output]!, 0);
}

/** What was carried into each step, from what each step carried on [time, ..] and what the loop began with. */
export function previousStep(carried: Tensor, first: Tensor, reverse: boolean): Tensor {
  const start = expandDimensions(first, 0);
  if (carried.shape[0] === 1) return start;
  return reverse ? concat([slice(carried, 0, 1), start]) : concat([start, slice(carried, 0, 0, -1)]);
}
