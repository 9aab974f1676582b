/** @throws RangeError for an option that is no whole number from `least` */
export function requireFrom(least: number, options: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(options)) {
    if (Number.isInteger(value) && value >= least) continue;
    throw new RangeError(`${name} is ${value}; expected a whole number from ${least}.`);
  }
}

/** @throws Error for a name that there is not */
export function oneOf<Name extends string>(what: string, name: string, names: readonly Name[]): Name {
  const found = names.find((each) => each === name);
  if (found === undefined) throw new Error(`There is no ${what} '${name}'. There is ${names.join(', ')}.`);
  return found;
}
