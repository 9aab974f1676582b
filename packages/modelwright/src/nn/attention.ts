// Attention as functions over tensors: what the attention layers are made of.
import { NdArray } from '../graph/array.js';
import { formatShape } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';
import {
  add,
  cast,
  concat,
  constant,
  cos,
  equal,
  expandDimensions,
  lessEqual,
  matmul,
  matmulTransposed,
  mul,
  neg,
  not,
  positions,
  reshape,
  sin,
  softmax,
  split,
  where,
} from '../primitives/index.js';
import { knownSize } from './checks.js';
import { type DropoutSource, dropoutMask } from './dropoutMask.js';

export interface AttentionOptions {
  /** Whether a query sees only the keys at its own position and before. Default: false. */
  readonly causal?: boolean;
  /** bool, broadcast to [.., queries, keys]: which keys a query sees. Default: all. */
  readonly mask?: Tensor | undefined;
  /** Drops attention weights: how many, and where its random numbers come from. Default: none are dropped. */
  readonly dropout?: DropoutSource | undefined;
}

/** Added to the scores of what is not seen. Finite, so that a row that sees nothing gives a mean, and not NaN. */
const unseen = -1e9;

/**
 * Scaled dot-product attention (Vaswani et al., 2017): softmax(Q Kᵀ / sqrt(features)) V.
 *
 * Query [.., queries, features], key [.., keys, features], value [.., keys, values], output [.., queries, values].
 * @throws TypeError when the shapes do not fit, or the mask is not bool
 */
export function scaledDotProductAttention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  { causal = false, mask, dropout }: AttentionOptions = {},
): Tensor {
  if (mask && mask.dtype !== 'bool')
    throw new TypeError(`scaledDotProductAttention: the mask must be bool, but it is ${mask}.`);
  const order = causal ? causalMask(positions(query, -2), positions(key, -2)) : undefined;
  const bias = [mask, order].flatMap((seen) => (seen ? [where(seen, 0, unseen)] : []));
  return attend(query, key, value, bias.length > 0 ? bias.reduce(add) : undefined, dropout);
}

/** Attention with a bias that is added to the scores: 0 where a key is seen, very negative where not. */
export function attend(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  bias: Tensor | undefined,
  dropout: AttentionOptions['dropout'],
): Tensor {
  const features = knownSize(query, -1, 'the number of features');
  const scores = mul(matmulTransposed(query, key), 1 / Math.sqrt(features));
  const weights = softmax(bias ? add(scores, cast(bias, scores.dtype)) : scores);
  if (!dropout || dropout.rate === 0) return matmul(weights, value);
  return matmul(mul(weights, dropoutMask(dropout, weights.shape, weights.dtype)), value);
}

/** bool [queries, keys]: whether a key stands at the query's position or before. */
export function causalMask(queries: Tensor, keys: Tensor): Tensor {
  return lessEqual(expandDimensions(keys, 0), expandDimensions(queries, 1));
}

/** What attention adds to its scores for a mask: 0 where it is true, very negative where not. */
export function maskBias(mask: Tensor): Tensor {
  return where(mask, 0, unseen);
}

/** A mask of tokens, bool or numbers of which 0 is padding, as bool. */
export function tokenMask(mask: Tensor): Tensor {
  return mask.dtype === 'bool' ? mask : not(equal(mask, 0));
}

/** [batch, time, heads * features] as [batch, heads, time, features]. */
export function splitHeads(x: Tensor, heads: number): Tensor {
  const [batch, time, width] = x.shape;
  return reshape(x, [batch!, time!, heads, (width as number) / heads]).transpose([0, 2, 1, 3]);
}

/** Several matrices side by side, [batch, time, count * heads * features], as one [batch, heads, time, features] each. */
export function splitProjections(x: Tensor, count: number, heads: number): Tensor[] {
  const [batch, time, width] = x.shape;
  const features = (width as number) / (count * heads);
  const apart = reshape(x, [batch!, time!, count, heads, features]).transpose([2, 0, 3, 1, 4]);
  const ones = Array.from({ length: count }, () => 1);
  return split(apart, ones, 0).map((part) => reshape(part, [batch!, heads, time!, features]));
}

/** [batch, heads, time, features] as [batch, time, heads * features]. */
export function joinHeads(x: Tensor): Tensor {
  const [batch, heads, time, features] = x.shape;
  return reshape(x.transpose([0, 2, 1, 3]), [batch!, time!, (heads as number) * (features as number)]);
}

/** int32[time] times frequencies: float32 [time, frequencies], the angles of positions. */
function angles(at: Tensor, frequencies: readonly number[]): Tensor {
  return mul(expandDimensions(cast(at, 'float32'), 1), constant(NdArray.from([...frequencies])));
}

/**
 * Sinusoidal positions (Vaswani et al., 2017): sin(p / base^(2i / width)) at place 2i, the cosine at 2i + 1.
 * @param at int32[time]
 * @returns float32 [time, width]
 */
export function sinusoids(at: Tensor, width: number, base = 10_000): Tensor {
  const places = Array.from({ length: width }, (_, place) => place);
  const frequencies = places.map((place) => base ** (-(place - (place % 2)) / width));
  const quarters = constant(NdArray.from(places.map((place) => (place % 2) * (Math.PI / 2))));
  return sin(add(angles(at, frequencies), quarters));
}

/**
 * Rotary positions (Su et al., 2021): each pair of features (i, i + size / 2) turned by the angle p / base^(2i / size), so that
 * the product of a query and a key depends on their distance.
 * @param x [.., time, size], size even
 * @param at int32[time]
 */
export function rotate(x: Tensor, at: Tensor, base = 10_000): Tensor {
  const size = knownSize(x, -1, 'the number of features');
  if (size % 2 !== 0)
    throw new TypeError(`rotary positions turn pairs of features, but ${formatShape(x.shape)} has ${size}.`);
  const half = size / 2;
  const turns = angles(
    at,
    Array.from({ length: half }, (_, i) => base ** (-i / half)),
  );
  const [cosines, sines] = [cos(turns), sin(turns)];
  const along = cast(concat([cosines, cosines], 1), x.dtype);
  const across = cast(concat([neg(sines), sines], 1), x.dtype);
  const [first, second] = split(x, [half, half], -1);
  return add(mul(x, along), mul(concat([second!, first!], -1), across));
}
