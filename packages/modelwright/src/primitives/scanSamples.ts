// Loops on which the rules of `scan` are checked against each other.
import { NdArray } from '../graph/array.js';
import type { DType } from '../graph/dtype.js';
import { Graph } from '../graph/graph.js';
import { input, type Sample, type Tensor } from '../graph/tensor.js';
import { add, mul, sub } from './arithmetic.js';
import { cast } from './cast.js';
import { spread } from './define.js';
import { sigmoid, tanh } from './elementwise.js';
import { oneHot } from './indexing.js';
import { lstmStep } from './lstm.js';
import { matmul } from './matmul.js';
import { mean, sum } from './reductions.js';
import { type ScanAttributes, scan } from './scan.js';
import { concat, reshape, slice, transpose } from './shaping.js';
import { logSoftmax } from './softmax.js';
import { where } from './where.js';

type Step = (tensors: readonly Tensor[]) => readonly Tensor[];

interface Case {
  readonly carries: readonly NdArray[];
  readonly xs: readonly NdArray[];
  readonly captured?: readonly NdArray[];
  readonly reverse?: boolean;
  readonly step: Step;
}

function loop({ carries, xs, captured = [], reverse = false, step }: Case): Sample<ScanAttributes> {
  const place = (dtype: DType, shape: readonly number[]): Tensor => input('', dtype, shape);
  const placeholders = [
    ...carries.map(({ dtype, shape }) => place(dtype, shape)),
    ...xs.map(({ dtype, shape }) => place(dtype, shape.slice(1))),
    ...captured.map(({ dtype, shape }) => place(dtype, shape)),
  ];
  const body = new Graph(placeholders, step(placeholders));
  return {
    inputs: [...carries, ...xs, ...captured],
    attributes: { body, carries: carries.length, scanned: xs.length, reverse },
  };
}

const runningSum: Step = ([total, x]) => [add(total!, x!), mul(total!, x!)];

const recurrent: Step = ([h, x, u, b]) => {
  const next = tanh(add(add(x!, matmul(h!, u!)), b!));
  return [next, next];
};

const masked: Step = ([h, c, x, keep, u]) => {
  const gates = add(x!, matmul(h!, u!));
  const cell = add(mul(c!, sigmoid(slice(gates, 1, 0, 2))), tanh(slice(gates, 1, 2, 4)));
  const out = mul(tanh(cell), sigmoid(transpose(slice(transpose(gates), 0, 4, 6))));
  return [where(keep!, out, h!), where(keep!, cell, c!), where(keep!, out, 0)];
};

/** The log-probability of all paths through a chain, as in a conditional random field: no weight leaves the loop by a product. */
const chain: Step = ([a, x, transitions]) => {
  const scores = logSoftmax(add(reshape(a!, [2, 3, 1]), transitions!), 1);
  return [add(sum(tanh(scores), 1), x!)];
};

const nested: Step = ([total, x, w]) => {
  const { carry, outputs } = scan(
    (c: Tensor, y: Tensor) => ({ carry: tanh(add(c, mul(y, w!))), outputs: mul(c, y) }),
    total!,
    x!,
  );
  return [carry, concat([outputs, sub(outputs, 1)], 0)];
};

export const scanSamples = (): Sample<ScanAttributes>[] => {
  const recurrence = { carries: [spread([2, 3])], captured: [spread([3, 3]), spread([3])], step: recurrent };
  const mask = NdArray.from(
    [
      [[true], [true]],
      [[true], [false]],
      [[false], [false]],
    ],
    'bool',
  );
  return [
    loop({ carries: [spread([2])], xs: [spread([4, 2])], step: runningSum }),
    loop({ carries: [spread([2])], xs: [spread([4, 2])], reverse: true, step: runningSum }),
    loop({ ...recurrence, xs: [spread([4, 2, 3])] }),
    loop({ ...recurrence, xs: [spread([3, 2, 3])], reverse: true }),
    loop({ ...recurrence, xs: [spread([1, 2, 3])] }),
    loop({
      carries: [spread([2, 2]), spread([2, 2], -1, 1)],
      xs: [spread([3, 2, 6]), mask],
      captured: [spread([2, 6])],
      step: masked,
    }),
    loop({ carries: [spread([2, 3])], xs: [spread([3, 2, 3])], captured: [spread([3, 3])], step: chain }),
    loop({ carries: [spread([2])], xs: [spread([2, 3, 2])], captured: [spread([2])], step: nested }),
    ...[undefined, mask].map((keep) => {
      const recurrence = loop({
        carries: [spread([2, 2]), spread([2, 2], -1, 1)],
        xs: [spread([3, 2, 8]), ...(keep ? [keep] : [])],
        captured: [spread([2, 8])],
        reverse: keep !== undefined,
        step: lstmStep,
      });
      return { ...recurrence, attributes: { ...recurrence.attributes, rule: 'lstm' as const } };
    }),
    loop({
      carries: [],
      xs: [spread([3, 2])],
      captured: [spread([2])],
      step: ([x, w]) => [mul(x!, w!), mean(x!)],
    }),
    loop({
      carries: [NdArray.from(0, 'int32'), spread([2])],
      xs: [spread([3, 2])],
      step: ([count, c, x]) => [
        add(count!, 1),
        mul(c!, 0.5),
        mul(add(c!, x!), cast(oneHot(count!, 2), 'float32')),
      ],
    }),
  ];
};
