// A chain of tags: each position scores its tag, and each tag the one that follows it.
import { NdArray } from '../../graph/array.js';
import { formatShape, sameShape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import {
  add,
  argMax,
  cast,
  concat,
  constant,
  equal,
  expandDimensions,
  matmul,
  max,
  mul,
  oneHot,
  pad,
  reshape,
  scan,
  slice,
  sub,
  sum,
  where,
} from '../../primitives/index.js';
import { logSumExp } from './logSumExp.js';

/** What scores a sequence of tags. */
export interface LinearChain {
  /** [batch, time, tags]. */
  readonly emissions: Tensor;
  /** [batch, tags + 1, tags], from the tag before to the tag; the last row from the start. */
  readonly transitions: Tensor;
  /** [batch, tags]: how well a sequence ends with each. */
  readonly ends: Tensor;
}

/**
 * The chain as one tensor, as the layer `crf` gives it: [batch, tags + 2 + time, tags].
 * @param boundary [tags + 2, tags]: transitions from each tag, from the start, and how well a sequence ends with each tag
 */
export function packChain(emissions: Tensor, boundary: Tensor): Tensor {
  const everywhere = mul(max(emissions, 1, true), 0);
  return concat([add(everywhere, boundary), emissions], 1);
}

/** The parts of a packed chain. @throws TypeError when the tensor cannot be one */
export function unpackChain(who: string, scores: Tensor): LinearChain {
  const [, rows, tags] = scores.shape;
  const known = scores.rank === 3 && typeof tags === 'number';
  if (!known || (typeof rows === 'number' && rows <= tags + 2)) {
    throw new TypeError(
      `${who}: expected the scores of a crf() layer, [batch, tags + 2 + time, tags], but got ${formatShape(scores.shape)}. ` +
        'Put crf(tags) at the end of the network.',
    );
  }
  return {
    transitions: slice(scores, 1, 0, tags + 1),
    ends: reshape(slice(scores, 1, tags + 1, tags + 2), [scores.shape[0]!, tags]),
    emissions: slice(scores, 1, tags + 2),
  };
}

/**
 * The logarithm of the sum, over all sequences of tags, of exp(score): [batch]. Backwards through time, so that sequences of any
 * length end where their last tag is.
 * @param mask bool[batch, time]: true at the first positions of each sequence, false at padding
 */
export function logPartition({ emissions, transitions, ends }: LinearChain, mask: Tensor): Tensor {
  const tags = ends.shape[1] as number;
  const { carry } = scan(
    (message: Tensor, [emission, keep]: [Tensor, Tensor]) => ({
      carry: where(
        expandDimensions(keep, 1),
        logSumExp(continued(transitions, emission, message, tags), 2),
        message,
      ),
      outputs: [],
    }),
    withStart(ends),
    [emissions, mask] as [Tensor, Tensor],
    { reverse: true, axis: 1 },
  );
  return reshape(slice(carry, 1, tags), [ends.shape[0]!]);
}

/** Scores of going on from each tag, and from the start, to each: [batch, tags + 1, tags]. */
function continued(transitions: Tensor, emission: Tensor, message: Tensor, tags: number): Tensor {
  return add(transitions, expandDimensions(add(emission, slice(message, 1, 0, tags)), 1));
}

/** With a place for the start after those of the tags. */
const withStart = (ends: Tensor): Tensor => pad(ends, 1, 0, 1);

/** The score of given tags: [batch]. @param target int32[batch, time], below 0 at padding */
export function chainScore({ emissions, transitions, ends }: LinearChain, target: Tensor): Tensor {
  const [, time, tags] = emissions.shape as [unknown, number, number];
  const chosen = cast(oneHot(target, tags), emissions.dtype);
  const starting = new NdArray('float32', [1, time, tags + 1]);
  starting.data[tags] = 1;
  const shifted = slice(pad(pad(chosen, 1, 1, 0), 2, 0, 1), 1, 0, time);
  const before = add(shifted, cast(constant(starting), emissions.dtype));
  const later = slice(pad(sum(chosen, 2, true), 1, 0, 1), 1, 1, time + 1);
  const last = mul(chosen, sub(1, later));
  const scores = add(emissions, matmul(before, transitions));
  return add(sum(mul(chosen, scores), [1, 2]), sum(mul(last, expandDimensions(ends, 1)), [1, 2]));
}

/**
 * The best sequence of tags (Viterbi, 1967): int32[batch, time], -1 at padding. Of equally good ones that with the lower tags first.
 * @param scores what a crf() layer gives
 * @param mask bool[batch, time]: true at the first positions of each sequence, false at padding
 * @throws TypeError when the shapes do not fit
 */
export function viterbi(scores: Tensor, mask: Tensor): Tensor {
  const { emissions, transitions, ends } = unpackChain('viterbi', scores);
  requireSameTime('viterbi', emissions, mask, 'mask');
  const tags = ends.shape[1] as number;
  const { outputs: choices } = scan(
    (message: Tensor, [emission, keep]: [Tensor, Tensor]) => {
      const options = continued(transitions, emission, message, tags);
      return {
        carry: where(expandDimensions(keep, 1), max(options, 2), message),
        outputs: argMax(options, 2),
      };
    },
    withStart(ends),
    [emissions, mask] as [Tensor, Tensor],
    { reverse: true, axis: 1 },
  );
  const start = cast(add(mul(sum(ends, 1), 0), tags), 'int32');
  const { outputs } = scan(
    (before: Tensor, [choice, keep]: [Tensor, Tensor]) => {
      const tag = sum(where(equal(oneHot(before, tags + 1), 1), choice, 0), 1);
      return { carry: where(keep, tag, before), outputs: where(keep, tag, -1) };
    },
    start,
    [choices, mask] as [Tensor, Tensor],
    { axis: 1 },
  );
  return outputs;
}

/** @throws TypeError unless there is one value of `other` for each position of the emissions */
export function requireSameTime(who: string, emissions: Tensor, other: Tensor, what: string): void {
  if (sameShape(other.shape, emissions.shape.slice(0, 2))) return;
  throw new TypeError(
    `${who}: the ${what} is ${other}, and the scores are for ${formatShape(emissions.shape.slice(0, 2))}; expected one value for ` +
      'each position, [batch, time].',
  );
}
