/** Throws a RangeError unless `value` is a whole number, `least` or more. */
export function requireCount(where: string, name: string, value: number, least: number): void {
  if (!Number.isInteger(value) || value < least) {
    throw new RangeError(`${where}: ${name} must be a whole number, ${least} or more, but it is ${value}.`);
  }
}
