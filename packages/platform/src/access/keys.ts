import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { and, asc, eq, isNull } from 'drizzle-orm';
import { InputError, NotFoundError } from '../errors.js';
import { ServiceError } from '../server/errors.js';
import type { Database } from '../store/database.js';
import { keys, projects, type Role } from '../store/schema.js';

/** The project of whoever says nothing of projects. Its administrators run the platform. */
export const defaultProject = 'default';

/** Who asks, and what they may do. */
export interface Principal {
  /** How the audit log names them. */
  readonly name: string;
  readonly project: string;
  readonly role: Role;
  /** The id of the key that they ask with; undefined for people. */
  readonly key?: string;
  /** The person who is signed in; undefined for keys. */
  readonly user?: string;
  /** The models that they may call, and change where their role may; all where it is undefined. */
  readonly models?: readonly string[];
}

/** @throws ServiceError 403 where a key is for other models than this one */
export function requireModel({ name, models }: Principal, model: string): void {
  if (!models || models.includes(model)) return;
  throw new ServiceError(403, `The key '${name}' is not for the model '${model}'.`);
}

/** A key that is to be made. */
export interface NewKey {
  readonly project: string;
  readonly name: string;
  readonly role: Role;
  readonly models?: readonly string[] | undefined;
  readonly expiresAt?: Date | undefined;
}

/** A key as it may be shown. */
export type KeyView = Omit<typeof keys.$inferSelect, 'hash'>;

/** Whether a role may do what another is needed for. */
export function mayAct(role: Role, needed: Role): boolean {
  return covered[role].includes(needed);
}

const covered: Readonly<Record<Role, readonly Role[]>> = {
  admin: ['admin', 'developer', 'caller', 'worker'],
  developer: ['developer', 'caller', 'worker'],
  caller: ['caller'],
  worker: ['worker'],
};

/**
 * Makes a key: `mw_<id>_<secret>`. The database keeps its sha256 alone, so that it can be shown this once.
 * @throws InputError when it would have expired already
 */
export async function createKey(
  db: Database,
  key: NewKey,
  now = new Date(),
): Promise<{ id: string; key: string }> {
  if (key.expiresAt && key.expiresAt <= now) {
    throw new InputError(`The key would expire at ${key.expiresAt.toISOString()}, which is past.`);
  }
  const id = randomBytes(6).toString('hex');
  const text = `mw_${id}_${randomBytes(24).toString('hex')}`;
  await db.insert(projects).values({ name: key.project }).onConflictDoNothing();
  await db.insert(keys).values({
    id,
    project: key.project,
    name: key.name,
    hash: hashOf(text),
    role: key.role,
    models: key.models ? [...key.models] : null,
    createdAt: now,
    expiresAt: key.expiresAt ?? null,
  });
  return { id, key: text };
}

/** A key that is good. */
export interface CheckedKey {
  readonly principal: Principal;
  /** When it will be good no more; null for never. */
  readonly expiresAt: Date | null;
}

/** What becomes of a key that is shown. */
export type KeyCheck =
  | CheckedKey
  /** Why it is refused. */
  | { readonly refused: string };

/** A key's use is noted once in so many milliseconds. */
export const noteEvery = 60_000;

/** Why a key is refused that is good no more. */
export const whyExpired = (at: Date): string => `The key expired at ${at.toISOString()}.`;

/** Says whose key it is, or why it is refused. */
export async function checkKey(db: Database, text: string, now = new Date()): Promise<KeyCheck> {
  const id = /^mw_([0-9a-f]{12})_[0-9a-f]{48}$/.exec(text)?.[1];
  const [row] = id ? await db.select().from(keys).where(eq(keys.id, id)) : [];
  if (!row || !timingSafeEqual(Buffer.from(row.hash), Buffer.from(hashOf(text)))) {
    return { refused: 'The key is not known.' };
  }
  if (row.revokedAt) return { refused: 'The key was revoked.' };
  if (row.expiresAt && row.expiresAt <= now) return { refused: whyExpired(row.expiresAt) };
  if (!row.usedAt || now.getTime() - row.usedAt.getTime() >= noteEvery) {
    await db.update(keys).set({ usedAt: now }).where(eq(keys.id, row.id));
  }
  const { id: key, name, project, role, models, expiresAt } = row;
  return { principal: { key, name, project, role, ...(models && { models }) }, expiresAt };
}

/** A project's keys, without their secrets. */
export async function listKeys(db: Database, project: string): Promise<readonly KeyView[]> {
  const rows = await db.select().from(keys).where(eq(keys.project, project)).orderBy(asc(keys.createdAt));
  return rows.map(({ hash: _, ...view }) => view);
}

/** Takes a key back for good. @throws NotFoundError when the project has no such key, or it is revoked already */
export async function revokeKey(db: Database, project: string, id: string): Promise<void> {
  const found = await db
    .update(keys)
    .set({ revokedAt: new Date() })
    .where(and(eq(keys.id, id), eq(keys.project, project), isNull(keys.revokedAt)))
    .returning({ id: keys.id });
  if (found.length === 0) throw new NotFoundError(`There is no key '${id}' that could be revoked.`);
}

/** Whether there is a key at all; the first start makes one. */
export async function hasKeys(db: Database): Promise<boolean> {
  return (await db.select({ id: keys.id }).from(keys).limit(1)).length > 0;
}

/** What is kept of a key. */
export const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');
