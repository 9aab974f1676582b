import type { Database } from '../store/database.js';
import {
  type CheckedKey,
  checkKey,
  hashOf,
  type KeyCheck,
  noteEvery,
  revokeKey,
  whyExpired,
} from './keys.js';

/**
 * Knows keys. One that it has found it remembers for a minute, so that the database is asked once a minute for a key and not once a
 * request. A key that is revoked is forgotten at once; one process alone may change keys.
 */
export class Keyring {
  readonly #db: Database;
  readonly #known = new Map<string, { readonly found: CheckedKey; readonly at: number }>();
  /** How often a key was revoked: what was read before that is not remembered. */
  #revoked = 0;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Says whose key it is, or why it is refused. */
  async check(text: string, now = new Date()): Promise<KeyCheck> {
    const hash = hashOf(text);
    const known = this.#known.get(hash);
    if (known && Math.abs(now.getTime() - known.at) <= noteEvery) {
      const { expiresAt } = known.found;
      return expiresAt && expiresAt <= now ? { refused: whyExpired(expiresAt) } : known.found;
    }
    this.#known.delete(hash);
    const revoked = this.#revoked;
    const found = await checkKey(this.#db, text, now);
    if ('principal' in found && revoked === this.#revoked)
      this.#known.set(hash, { found, at: now.getTime() });
    return found;
  }

  /** Takes a key back for good. @throws NotFoundError when the project has no such key, or it is revoked already */
  async revoke(project: string, id: string): Promise<void> {
    try {
      await revokeKey(this.#db, project, id);
    } finally {
      this.#revoked++;
      for (const [hash, { found }] of this.#known) if (found.principal.key === id) this.#known.delete(hash);
    }
  }
}
