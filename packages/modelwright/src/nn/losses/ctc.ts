import { NdArray } from '../../graph/array.js';
import { staticShape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import {
  add,
  broadcastTo,
  cast,
  constant,
  equal,
  expandDimensions,
  gather,
  greater,
  greaterEqual,
  less,
  logSoftmax,
  mul,
  neg,
  or,
  pad,
  range,
  reshape,
  scan,
  slice,
  stack,
  sub,
  sum,
  where,
} from '../../primitives/index.js';
import { requireWhole } from '../checks.js';
import { impossible, logAddExp, logSumExp } from '../sequences/logSumExp.js';
import { defineLoss } from './loss.js';

export interface CtcOptions {
  /** The class that stands for no label. Default: 0. */
  readonly blank?: number;
}

/**
 * Connectionist temporal classification: the negative logarithm of the probability of all ways to say the target, each label for
 * some steps and blanks between them (Graves et al., 2006).
 *
 * Prediction: logits [batch, time, classes]. Target: labels, integers [batch, labels], -1 at padding, which comes last. One value an
 * example. A target too long for the time there is counts nothing, neither in the value nor in the mean; `ctcSkipped` says
 * which those are. `ctc` also takes the length of each input.
 * @throws TypeError when the shapes are open or do not fit
 */
export const ctcLoss = defineLoss<CtcOptions>('ctcLoss', (logits, target, options) => {
  const { values, possible } = ctc(logits, target, options);
  return { values, weights: possible };
});

/**
 * As `ctcLoss`, before it is reduced.
 * @param options.lengths int32[batch], how many steps of each input count. Default: all
 * @returns values [batch], 0 where the target cannot be said; possible [batch], 1 where it can
 */
export function ctc(
  logits: Tensor,
  target: Tensor,
  { blank = 0, lengths }: CtcOptions & { readonly lengths?: Tensor } = {},
): { values: Tensor; possible: Tensor } {
  if (logits.rank !== 3 || target.rank !== 2 || logits.shape[0] !== target.shape[0]) {
    throw new TypeError(
      `ctcLoss: the logits are ${logits} and the target ${target}; expected [batch, time, classes] and labels [batch, labels].`,
    );
  }
  const [batch, time, classes] = staticShape(logits.shape, 'ctcLoss') as [number, number, number];
  const labels = staticShape(target.shape, 'ctcLoss')[1]!;
  requireWhole('ctcLoss', 'the number of labels', labels);
  if (!(Number.isInteger(blank) && blank >= 0 && blank < classes)) {
    throw new RangeError(`ctcLoss: blank is ${blank}; expected one of the ${classes} classes.`);
  }
  const states = withBlanks(cast(target, 'int32'), blank);
  const said = chosenLogProbabilities(logSoftmax(logits, 2), states);
  const steps = lengths
    ? less(reshape(range(time), [1, time]), expandDimensions(cast(lengths, 'int32'), 1))
    : constant(NdArray.of('bool', [batch, time], new Uint8Array(batch * time).fill(1)));
  const nothing = cast(constant(new NdArray('float32', [])), logits.dtype);
  // A label may follow the one before it without a blank between them, unless both are the same.
  const before = pad(slice(states, 1, 0, 2 * labels - 1), 1, 2, 0, blank);
  const mayJump = where(or(equal(states, before), equal(states, blank)), impossible, nothing);
  const shifted = (x: Tensor, by: number): Tensor =>
    pad(slice(x, 1, 0, 2 * labels + 1 - by), 1, by, 0, impossible);
  const { carry } = scan(
    (reached: Tensor, [now, counts]: [Tensor, Tensor]) => {
      const sources = logAddExp(reached, shifted(reached, 1), add(shifted(reached, 2), mayJump));
      return { carry: where(expandDimensions(counts, 1), add(sources, now), reached), outputs: [] };
    },
    pad(broadcastTo(nothing, [batch, 1]), 1, 0, 2 * labels, impossible),
    [said, steps] as [Tensor, Tensor],
    { axis: 1 },
  );
  const logProbability = logSumExp(where(isLast(target, labels), carry, impossible), 1);
  const possible = greater(logProbability, impossible / 2);
  return { values: where(possible, neg(logProbability), 0), possible: cast(possible, logits.dtype) };
}

/** blank, first label, blank, second label, .. blank: [batch, 2 labels + 1]. */
function withBlanks(target: Tensor, blank: number): Tensor {
  const [batch, labels] = target.shape as [number, number];
  const known = where(less(target, 0), blank, target);
  const pairs = stack([add(mul(known, 0), blank), known], 2);
  return pad(reshape(pairs, [batch, 2 * labels]), 1, 0, 1, blank);
}

/** What each step says of each state's class: [batch, time, states]. */
function chosenLogProbabilities(logProbabilities: Tensor, states: Tensor): Tensor {
  const [batch, time, classes] = logProbabilities.shape as [number, number, number];
  const offsets = mul(reshape(range(batch * time), [batch, time, 1]), classes);
  return gather(reshape(logProbabilities, [-1]), add(expandDimensions(states, 1), offsets));
}

/** Whether a state is the last label or the blank after it: bool[batch, 2 labels + 1]. */
function isLast(target: Tensor, labels: number): Tensor {
  const last = mul(sum(cast(greaterEqual(target, 0), 'int32'), 1, true), 2);
  const states = reshape(range(2 * labels + 1), [1, 2 * labels + 1]);
  return or(equal(states, last), equal(states, sub(last, 1)));
}

/** A target that has no room in its input. */
export interface SkippedTarget {
  readonly example: number;
  /** Steps it needs: one a label, and one more between equal neighbours. */
  readonly needed: number;
  /** Steps there are. */
  readonly available: number;
}

/**
 * The targets that `ctcLoss` leaves out because their inputs are too short, to be named and counted before a training.
 * @param targets [examples][labels], without padding
 * @param lengths [examples]: steps of each input
 */
export function ctcSkipped(
  targets: readonly (readonly number[])[],
  lengths: readonly number[],
): SkippedTarget[] {
  return targets.flatMap((labels, example) => {
    const repeats = labels.filter((label, i) => i > 0 && label === labels[i - 1]).length;
    const [needed, available] = [labels.length + repeats, lengths[example] ?? 0];
    return needed > available ? [{ example, needed, available }] : [];
  });
}
