// Loops over time: a body that is run step by step, carrying tensors from each step to the next.
import { NdArray, sizeOf } from '../graph/array.js';
import { evaluateReference } from '../graph/evaluate.js';
import { Graph, sortNodes } from '../graph/graph.js';
import { type Dimension, formatShape, normalizeAxis, sameShape } from '../graph/shape.js';
import { apply, formatType, input, type Tensor, type TensorType } from '../graph/tensor.js';
import { leaves, type Tree, unflatten } from '../graph/tree.js';
import { constant } from './constant.js';
import { definePrimitive } from './define.js';
import { lstmGradient } from './lstm.js';
import { scanGradient } from './scanGradient.js';
import { scanSamples } from './scanSamples.js';
import { transpose } from './shaping.js';

/**
 * A loop. The body's inputs are the carries, one step of each scanned input, and the captured tensors, which are the same at
 * every step; its outputs the new carries, then what each step gives out.
 */
export type ScanAttributes = {
  readonly body: Graph;
  /** How many tensors are carried from step to step. */
  readonly carries: number;
  /** How many inputs are taken apart along their first axis, one slice a step; at least 1. */
  readonly scanned: number;
  /** Whether the last slice comes first. Outputs lie where the slice lay that they were made at. */
  readonly reverse: boolean;
  /** A gradient made for this body. Default: derived from the body. */
  readonly rule?: 'lstm';
};

/** Inputs: carries, scanned [time, ..], captured. Outputs: the last carries, and what the steps gave out [time, ..]. */
export const scanPrimitive = definePrimitive<ScanAttributes>({
  name: 'scan',
  infer(inputs, { body, carries, scanned }) {
    if (inputs.length !== body.inputs.length || scanned < 1) {
      throw new TypeError(
        `scan: the body takes ${body.inputs.length} tensors, but there are ${inputs.length}, ${scanned} of them scanned.`,
      );
    }
    const length = inputs[carries]!.shape[0]!;
    for (const [position, type] of inputs.entries()) {
      const isScanned = position >= carries && position < carries + scanned;
      if (isScanned && type.shape[0] !== length) {
        throw new TypeError(
          `scan: the inputs have ${length} and ${type.shape[0]} steps along their first axes; they must agree.`,
        );
      }
      expectType(`input ${position} of the body`, body.inputs[position]!, isScanned ? stepOf(type) : type);
    }
    return body.outputs.map((output, position) => {
      if (position >= carries) return { dtype: output.dtype, shape: [length, ...output.shape] };
      expectType(`carry ${position}`, output, body.inputs[position]!);
      return { dtype: output.dtype, shape: output.shape };
    });
  },
  gradient: (context) => (context.attributes.rule === 'lstm' ? lstmGradient(context) : scanGradient(context)),
  lower(to, inputs, { attributes: { body, carries, scanned, reverse } }) {
    const backwards = (count: number): number[] => new Array<number>(count).fill(Number(reverse));
    const given = body.outputs.length - carries;
    return to.emitMany('Scan', inputs.slice(0, carries + scanned), body.outputs.length, {
      body: to.subgraph(body, inputs.slice(carries + scanned)),
      num_scan_inputs: scanned,
      scan_input_directions: backwards(scanned),
      ...(given > 0 ? { scan_output_directions: backwards(given) } : {}),
    });
  },
  evaluate(inputs, { body, carries, scanned, reverse }, types) {
    const captured = inputs.slice(carries + scanned);
    const results = types.map(({ shape }) => new Float64Array(sizeOf(shape as readonly number[])));
    const length = inputs[carries]!.shape[0]!;
    let carried = inputs.slice(0, carries);
    for (let count = 0; count < length; count++) {
      const step = reverse ? length - 1 - count : count;
      const slices = inputs.slice(carries, carries + scanned).map(({ shape, data }) => {
        const inner = sizeOf(shape.slice(1));
        return { shape: shape.slice(1), data: data.subarray(step * inner, (step + 1) * inner) };
      });
      const outputs = evaluateReference(body, [...carried, ...slices, ...captured]);
      carried = outputs.slice(0, carries);
      for (const [position, { data }] of outputs.entries())
        if (position >= carries) results[position]!.set(data, step * data.length);
    }
    for (const [position, { data }] of carried.entries()) results[position]!.set(data);
    return results;
  },
  samples: () => scanSamples(),
});

const stepOf = ({ dtype, shape }: TensorType): TensorType => ({ dtype, shape: shape.slice(1) });

function expectType(what: string, actual: TensorType, expected: TensorType): void {
  if (actual.dtype === expected.dtype && sameShape(actual.shape, expected.shape)) return;
  throw new TypeError(`scan: ${what} should be ${formatType(expected)}, but it is ${formatType(actual)}.`);
}

export interface ScanOptions {
  /** Whether the last step comes first. Default: false. */
  readonly reverse?: boolean;
  /** The axis of `xs`, and of what the steps give out, along which time runs. Default: 0. */
  readonly axis?: number;
  /** The number of steps, where there is nothing to scan. */
  readonly length?: number;
}

/** What a step gives: the carry for the next one, and its outputs. */
export interface ScanStep<Carry, Outputs> {
  readonly carry: Carry;
  readonly outputs: Outputs;
}

/**
 * A loop over time: `{ carry, outputs[t] } = fn(carry, xs[t])` for each t. Its gradient runs backwards through time.
 *
 * `scan((total, x) => ({ carry: total.add(x), outputs: total }), start, xs)` gives running sums. Carry, `xs` and outputs may be
 * tensors, or arrays and records of them. The outputs of all steps are joined along `axis`. Tensors from outside may be used in
 * `fn`; what does not depend on the step is computed once, outside the loop.
 * @throws TypeError when a carry changes its type from step to step, when there are no steps, or their numbers differ
 */
export function scan<Carry extends Tree<Tensor>, Xs extends Tree<Tensor>, Outputs extends Tree<Tensor>>(
  fn: (carry: Carry, xs: Xs) => ScanStep<Carry, Outputs>,
  carry: Carry,
  xs: Xs,
  { reverse = false, axis = 0, length }: ScanOptions = {},
): ScanStep<Carry, Outputs> {
  const carries = leaves<Tensor>(carry);
  const scanned = leaves<Tensor>(xs).map((tensor) =>
    moveAxis(tensor, normalizeAxis(axis, tensor.rank, 'scan'), 0),
  );
  const steps = scanned.length > 0 ? scanned : [stepNumbers(length)];
  requireSteps(steps, length);
  const carryNow = carries.map(({ dtype, shape }) => input('carry', dtype, shape));
  const xsNow = steps.map((tensor) => input('x', tensor.dtype, tensor.shape.slice(1)));
  const result = fn(
    unflatten<Tensor, Tensor>(carry, carryNow) as Carry,
    unflatten<Tensor, Tensor>(xs, xsNow) as Xs,
  );
  const next = leaves<Tensor>(result.carry);
  if (next.length !== carries.length) {
    throw new TypeError(
      `scan: it begins with ${carries.length} carried tensors, but a step gives ${next.length}.`,
    );
  }
  const outputs = scanOver(
    carryNow,
    xsNow,
    [...next, ...leaves<Tensor>(result.outputs)],
    carries,
    steps,
    reverse,
  );
  const stacked = outputs
    .slice(next.length)
    .map((tensor) => moveAxis(tensor, 0, normalizeAxis(axis, tensor.rank, 'scan')));
  return {
    carry: unflatten<Tensor, Tensor>(result.carry, outputs.slice(0, next.length)) as Carry,
    outputs: unflatten<Tensor, Tensor>(result.outputs, stacked) as Outputs,
  };
}

/** A scan whose step is already traced, from placeholders to results. What the step reads from outside is captured. */
export function scanOver(
  carryNow: readonly Tensor[],
  xsNow: readonly Tensor[],
  results: readonly Tensor[],
  carries: readonly Tensor[],
  xs: readonly Tensor[],
  reverse: boolean,
): Tensor[] {
  const { body, captured } = closeOver([...carryNow, ...xsNow], results);
  return apply(scanPrimitive, [...carries, ...xs, ...captured], {
    body,
    carries: carries.length,
    scanned: xs.length,
    reverse,
  });
}

/** Closure conversion: the nodes that depend on the placeholders as a graph, and the tensors it reads from outside. */
function closeOver(
  placeholders: readonly Tensor[],
  outputs: readonly Tensor[],
): { body: Graph; captured: Tensor[] } {
  const inside = new Map<Tensor, Tensor>(placeholders.map((tensor) => [tensor, tensor]));
  const captured = new Map<Tensor, Tensor>();
  const stand = (tensor: Tensor): Tensor => {
    const known = inside.get(tensor) ?? captured.get(tensor);
    if (known) return known;
    if (tensor.node?.primitive.name === 'constant') return tensor;
    const placeholder = input('captured', tensor.dtype, tensor.shape);
    captured.set(tensor, placeholder);
    return placeholder;
  };
  for (const node of sortNodes(outputs)) {
    if (!node.inputs.some((tensor) => inside.has(tensor))) continue;
    const results = apply(node.primitive, node.inputs.map(stand), node.attributes);
    for (const [position, output] of node.outputs.entries()) inside.set(output, results[position]!);
  }
  const results = outputs.map(stand);
  return {
    body: new Graph([...placeholders, ...captured.values()], results),
    captured: [...captured.keys()],
  };
}

/** What stands in for a scanned input where there is none. */
function stepNumbers(length: number | undefined): Tensor {
  if (length === undefined)
    throw new TypeError('scan: there is nothing to scan, so the number of steps must be said: { length }.');
  return constant(
    NdArray.of(
      'int32',
      [length],
      Array.from({ length }, (_, step) => step),
    ),
  );
}

function requireSteps(xs: readonly Tensor[], length: number | undefined): void {
  const sizes = new Set<Dimension>([
    ...xs.map(({ shape }) => shape[0]!),
    ...(length === undefined ? [] : [length]),
  ]);
  if (sizes.size > 1)
    throw new TypeError(`scan: the inputs do not agree in their numbers of steps: ${[...sizes].join(', ')}.`);
  if (sizes.has(0))
    throw new TypeError(
      `scan: there are no steps in ${formatShape(xs[0]!.shape)}; there must be at least one.`,
    );
}

function moveAxis(x: Tensor, from: number, to: number): Tensor {
  const order = x.shape
    .map((_, axis) => axis)
    .toSpliced(from, 1)
    .toSpliced(to, 0, from);
  return transpose(x, order);
}
