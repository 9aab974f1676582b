import { InputError } from '../errors.js';

/**
 * Makes sure that a name is fit for addresses and folders: letters, digits, `-`, `_` and `.`, 1 to 100 of them, the first a
 * letter or digit.
 * @throws InputError
 */
export function requireName(what: string, name: string): string {
  if (/^[A-Za-z0-9][\w.-]{0,99}$/.test(name)) return name;
  throw new InputError(
    `${what} '${name.slice(0, 100)}' is no fit name: take 1 to 100 letters, digits, '-', '_' or '.', beginning with a letter or digit.`,
  );
}
