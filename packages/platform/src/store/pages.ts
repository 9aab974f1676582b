import { InputError } from '../errors.js';

/** What to give as `after` for the page that begins at an offset. */
export const placeOf = (offset: number): string => `p${offset}`;

/**
 * Where a page begins, by what the page before gave as `next`.
 * @param what is listed, for the message: runs, jobs
 * @throws InputError when no page gave it
 */
export function offsetOf(after: string | undefined, what: string): number {
  if (after === undefined) return 0;
  const offset = Number(/^p(\d{1,9})$/.exec(after)?.[1] ?? Number.NaN);
  if (Number.isNaN(offset))
    throw new InputError(`'${after}' is no place in a list of ${what}: give what 'next' said.`);
  return offset;
}
