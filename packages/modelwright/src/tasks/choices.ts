/**
 * Checks a name that the user chose.
 * @param what what it names, such as: model for entities
 * @throws Error naming those there are
 */
export function requireChoice(what: string, value: string, known: readonly string[]): void {
  if (!known.includes(value))
    throw new Error(`There is no ${what} '${value}'. There is ${known.join(', ')}.`);
}
