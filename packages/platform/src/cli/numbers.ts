import { InvalidArgumentError } from 'commander';

/** Reads an option that is a whole number within bounds. */
export function wholeNumber(
  least: number,
  greatest: number = Number.MAX_SAFE_INTEGER,
): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > greatest) {
      const bounds = greatest === Number.MAX_SAFE_INTEGER ? `from ${least}` : `from ${least} to ${greatest}`;
      throw new InvalidArgumentError(`It should be a whole number ${bounds}.`);
    }
    return value;
  };
}

/** Reads an option that is a number within bounds. */
export function numberFrom(least: number, greatest: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !(value >= least && value <= greatest)) {
      throw new InvalidArgumentError(`It should be a number from ${least} to ${greatest}.`);
    }
    return value;
  };
}

/** Reads an option that is a number above zero. */
export function positiveNumber(text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value)))
    throw new InvalidArgumentError('It should be a number above 0.');
  return value;
}
