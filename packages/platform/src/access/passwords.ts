import { hash, verify } from '@node-rs/argon2';
import { InputError } from '../errors.js';

const fewest = 10;
const most = 200;

/** A password as it is kept: argon2id with 19 MiB, two passes and a fresh salt (OWASP's least). @throws InputError when it is too short or too long */
export async function hashPassword(password: string): Promise<string> {
  const length = [...password].length;
  if (length < fewest || length > most) {
    throw new InputError(
      `A password should have ${fewest} to ${most} characters, but this one has ${length}.`,
    );
  }
  return hash(password, { memoryCost: 19_456, timeCost: 2, parallelism: 1 });
}

/** What somebody is checked against who is not there, so that it takes as long. */
const nobody = hash('somebody who is not there');

/** Whether a password is the one that was kept; for undefined it takes as long, and says no. */
export async function checkPassword(kept: string | undefined, password: string): Promise<boolean> {
  const right = await verify(kept ?? (await nobody), password.slice(0, 4 * most));
  return right && kept !== undefined;
}
