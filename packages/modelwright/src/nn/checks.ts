// What layers ask of their options and inputs, with the likely fix in the message.
import { isFloat } from '../graph/dtype.js';
import { formatShape } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';

/** @throws RangeError unless the value is a whole number of at least `least` */
export function requireWhole(who: string, what: string, value: number, least = 1): void {
  if (Number.isInteger(value) && value >= least) return;
  throw new RangeError(`${who}: ${what} must be a whole number of at least ${least}, but it is ${value}.`);
}

/** @throws RangeError unless low <= value < high */
export function requireWithin(who: string, what: string, value: number, low: number, high: number): void {
  if (value >= low && value < high) return;
  throw new RangeError(`${who}: ${what} must be at least ${low} and below ${high}, but it is ${value}.`);
}

/** @throws TypeError for whole numbers and booleans, saying how to make floats of them */
export function requireFloats(x: Tensor): void {
  if (isFloat(x.dtype)) return;
  throw new TypeError(
    `expected floats, but the input is ${x.dtype}. Put imagePreprocessing() in front for images, embedding() for tokens, or cast it to float32.`,
  );
}

/** The size of an axis that parameters depend on. @throws TypeError when it is open */
export function knownSize(x: Tensor, axis: number, what: string): number {
  const size = x.shape.at(axis);
  if (typeof size === 'number') return size;
  throw new TypeError(
    `${what} (axis ${axis}) must be a known size, but it is '${size}' in ${formatShape(x.shape)}.`,
  );
}

const spaces = ['', 'length', 'height, width'] as const;

/** @throws TypeError unless the input is floats [batch, channels, ..space] with this many axes of space */
export function requireSpace(x: Tensor, axes: number): void {
  requireFloats(x);
  if (x.rank === axes + 2) return;
  const fix =
    x.rank === axes + 1
      ? ' If the channels are missing, add an axis for them with reshapeTo([1, ...]).'
      : x.rank < axes + 1
        ? ' Does it come after flatten(), or is it not an image?'
        : '';
  throw new TypeError(
    `expected [batch, channels, ${spaces[axes] ?? '..space'}], but got ${formatShape(x.shape)}.${fix}`,
  );
}
