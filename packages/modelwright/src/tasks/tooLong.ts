import { requireChoice } from './choices.js';
import type { TooLong } from './options.js';

const ways: readonly string[] = ['truncate', 'refuse'] satisfies TooLong[];

/** The length of an example, and where it stands. */
export interface PlacedLength {
  /** Tokens. */
  readonly length: number;
  readonly file: string;
  readonly line: number;
}

/**
 * How many examples are longer than the model takes.
 * @param options.what what an example is: text, sentence
 * @param options.tooLong Default: truncate
 * @throws Error naming file and line of the first that is too long, where those are refused; or for another way than the two
 */
export function checkLengths(
  examples: readonly PlacedLength[],
  options: { readonly what: string; readonly maximumLength: number; readonly tooLong?: TooLong | undefined },
): number {
  const { what, maximumLength, tooLong = 'truncate' } = options;
  requireChoice(`way with long ${what}s`, tooLong, ways);
  const long = examples.filter(({ length }) => length > maximumLength);
  const [first] = long;
  if (tooLong === 'truncate' || !first) return long.length;
  const more = long.length > 1 ? `; ${long.length - 1} more are too long` : '';
  throw new Error(
    `${first.file}:${first.line}: the ${what} has ${first.length} tokens, but the model takes ${maximumLength}${more}. ` +
      `Split it, give a larger maximumLength, or have long ${what}s cut off.`,
  );
}
