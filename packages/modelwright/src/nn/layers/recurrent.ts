// What recurrent layers have in common: inputs and masks, stacks, directions, starting states.
import { isFloat } from '../../graph/dtype.js';
import { formatShape, isStatic } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import {
  add,
  broadcastTo,
  concat,
  less,
  matmul,
  positions,
  reshape,
  scalarLike,
  scan,
  slice,
  sum,
  transpose,
  where,
} from '../../primitives/index.js';
import { knownSize, requireFloats, requireWhole, requireWithin } from '../checks.js';
import type { Context } from '../context.js';
import { initializers } from '../initializers.js';
import { drop } from './dropout.js';

export interface RecurrentOptions {
  /** How many layers lie on one another, each reading the outputs of the one below. Default: 1. */
  readonly layers?: number;
  /** Whether a second loop reads the sequence from its end; the two outputs are joined. Default: false. */
  readonly bidirectional?: boolean;
  /** The outputs at all steps, or those after the last one. Default: 'all'. */
  readonly return?: 'all' | 'last';
  /** Dropout of what one layer hands to the next. Default: 0. */
  readonly dropout?: number;
}

export type RecurrentConfig = RecurrentOptions & { readonly units: number };

/** One direction of one layer. */
export interface Direction {
  /** What the inputs add to each gate [time, batch, gates units]. */
  readonly projected: Tensor;
  /** [units, gates units] */
  readonly weight: Tensor;
  readonly start: readonly Tensor[];
  /** bool [time, batch, 1]: where it is false, the state stays. */
  readonly keep: Tensor | undefined;
  readonly reverse: boolean;
  /** Another parameter of this direction. */
  parameter(name: string, size: number): Tensor;
}

/** What sets one kind of recurrent layer apart. */
export interface Cell {
  /** How many numbers the inputs give for each unit. */
  readonly gates: number;
  /** How many tensors are carried from step to step; the first is the output. */
  readonly states: number;
  /** Puts the columns of the gates, last axis [gates units], into the order in which `run` takes them. Default: as they are. */
  readonly arrange?: (parameter: Tensor) => Tensor;
  /** The outputs of all steps [time, batch, units], and the last state. */
  run(direction: Direction): { readonly outputs: Tensor; readonly last: readonly Tensor[] };
}

/** A loop over steps, each of which makes the next state of the last and the projected input. */
export function runSteps(
  { projected, start, keep, reverse }: Direction,
  step: (state: readonly Tensor[], x: Tensor) => readonly Tensor[],
): { readonly outputs: Tensor; readonly last: readonly Tensor[] } {
  const { carry, outputs } = scan(
    (state: readonly Tensor[], [x, kept]: readonly Tensor[]) => {
      const next = step(state, x!).map((value, i) => (kept ? where(kept, value, state[i]!) : value));
      return { carry: next as readonly Tensor[], outputs: next[0]! };
    },
    start,
    keep ? [projected, keep] : [projected],
    { reverse },
  );
  return { outputs, last: carry };
}

/** @throws RangeError unless the options have a meaning */
export function checkRecurrent(
  who: string,
  units: number,
  { layers = 1, dropout = 0 }: RecurrentOptions,
): void {
  requireWhole(who, 'units', units);
  requireWhole(who, 'layers', layers);
  requireWithin(who, 'dropout', dropout, 0, 1);
}

/** Computes a stack of recurrent layers. `rest`: lengths or a mask where it holds whole numbers or booleans, then starting states. */
export function callRecurrent(
  context: Context,
  config: RecurrentConfig,
  cell: Cell,
  x: Tensor,
  rest: readonly Tensor[],
): Tensor {
  const { units, layers = 1, bidirectional = false, return: returned = 'all', dropout = 0 } = config;
  requireFloats(x);
  if (x.rank !== 3) {
    throw new TypeError(
      `expected [batch, time, features], but got ${formatShape(x.shape)}. Tokens go through embedding() first.`,
    );
  }
  const masks = rest.filter(({ dtype }) => !isFloat(dtype));
  const states = rest.filter(({ dtype }) => isFloat(dtype));
  const directions = bidirectional ? 2 : 1;
  checkRest(x, masks, states, [layers * directions, units], cell.states);
  const keep = masks[0] && keepOf(x, masks[0]);
  const bound = 1 / Math.sqrt(units);
  let sequence = transpose(x, [1, 0, 2]);
  let last: Tensor[] = [];
  for (let layer = 0; layer < layers; layer++) {
    if (layer > 0) sequence = drop(context, sequence, dropout, sequence.shape);
    const results = Array.from({ length: directions }, (_, direction) => {
      const suffix = `_l${layer}${direction === 1 ? '_reverse' : ''}`;
      const make = (name: string, shape: readonly number[]): Tensor =>
        context.parameter(`${name}${suffix}`, shape, initializers.uniform({ low: -bound, high: bound }));
      const { gates, arrange = (parameter) => parameter } = cell;
      const features = knownSize(sequence, 2, 'the number of features');
      const inputWeight = arrange(make('inputWeight', [features, gates * units]));
      const weight = arrange(make('recurrentWeight', [units, gates * units]));
      const projected = add(matmul(sequence, inputWeight), arrange(make('bias', [gates * units])));
      const from =
        states.length > 0
          ? states.map((state) => pick(state, layer * directions + direction))
          : zeros(projected, units, cell.states);
      return cell.run({
        projected,
        weight,
        start: from,
        keep,
        reverse: direction === 1,
        parameter: (name, size) => make(name, [size]),
      });
    });
    sequence = concat(
      results.map(({ outputs }) => outputs),
      2,
    );
    last = results.map((result) => result.last[0]!);
  }
  if (returned === 'last') return concat(last, 1);
  const padded = keep ? where(keep, sequence, scalarLike(sequence, 0)) : sequence;
  return transpose(padded, [1, 0, 2]);
}

/** One row of [batch, rows, units]. */
function pick(state: Tensor, row: number): Tensor {
  return reshape(slice(state, 1, row, row + 1), [state.shape[0]!, state.shape[2]!]);
}

/** Zeros [batch, units], the batch open or not: the sum over an axis of no elements. */
function zeros(projected: Tensor, units: number, count: number): Tensor[] {
  const batch = projected.shape[1]!;
  const none = isStatic([batch])
    ? scalarLike(projected, 0)
    : reshape(sum(slice(projected, 2, 0, 0), [0, 2]), [batch, 1]);
  return new Array<Tensor>(count).fill(broadcastTo(none, [batch, units]));
}

/** bool [time, batch, 1]: whether a step belongs to its sequence. */
function keepOf(x: Tensor, mask: Tensor): Tensor {
  const [batch, time] = x.shape as [number, number];
  if (mask.dtype === 'bool') return reshape(transpose(mask), [time, batch, 1]);
  const steps = reshape(positions(x, 1), [time, 1, 1]);
  return less(steps, reshape(mask, [1, batch, 1]));
}

function checkRest(
  x: Tensor,
  masks: readonly Tensor[],
  states: readonly Tensor[],
  [rows, units]: readonly [number, number],
  count: number,
): void {
  const [batch, time] = x.shape;
  const [mask] = masks;
  const fits = (tensor: Tensor, shape: readonly unknown[]): boolean => tensor.shape.join() === shape.join();
  const isLengths = mask?.dtype === 'int32' && fits(mask, [batch]);
  if (masks.length > 1 || (mask && !isLengths && !(mask.dtype === 'bool' && fits(mask, [batch, time])))) {
    throw new TypeError(
      `expected the lengths int32[${batch}] or a mask bool[${batch}, ${time}] as the second input, but got ${masks.join(', ')}.`,
    );
  }
  if (
    states.length === 0 ||
    (states.length === count && states.every((state) => fits(state, [batch, rows, units])))
  )
    return;
  throw new TypeError(
    `expected ${count === 1 ? 'a starting state' : `${count} starting states`} of ${x.dtype}[${batch}, ${rows}, ${units}], but got ${states.join(', ')}.`,
  );
}
