import { and, asc, eq, gte, lt, ne, type SQL, sql } from 'drizzle-orm';
import { InputError, NotFoundError } from '../errors.js';
import { ServiceError } from '../server/errors.js';
import type { Database } from '../store/database.js';
import { keys, quotas, usage } from '../store/schema.js';
import { Bucket } from './bucket.js';
import type { Principal } from './keys.js';

/** What may be asked of models. A bound that is null is none. */
export type Quota = typeof quotas.$inferSelect;

/** A quota, and what was used of it this month. */
export interface QuotaView extends Quota {
  readonly used: { readonly requests: number; readonly tokens: number };
}

/** A request that is being counted: what of it is known when it is over. */
export interface Counted {
  readonly project: string;
  /** Id of the key; undefined for people. */
  readonly key?: string | undefined;
  readonly model: string;
}

interface Clock {
  /** Milliseconds of a clock that never jumps. */
  readonly steady: () => number;
  readonly now: () => Date;
}

/** What is counted for a quota. */
interface Account {
  readonly quota: Quota;
  readonly requests: Bucket | undefined;
  readonly tokens: Bucket | undefined;
  month: { readonly begins: number; requests: number; tokens: number };
}

/**
 * Bounds on what is asked of models: by key, by model, by both, or of a project as a whole. Minutes are counted in memory, months from
 * the record of use, so that a restart forgets none of them. One process alone may count.
 */
export class Quotas {
  readonly #db: Database;
  readonly #clock: Clock;
  /** Writes the use that is not in the database yet. */
  readonly #flush: () => Promise<void>;
  #accounts: readonly Account[] = [];

  constructor(
    db: Database,
    flush: () => Promise<void>,
    clock: Clock = { steady: () => performance.now(), now: () => new Date() },
  ) {
    this.#db = db;
    this.#flush = flush;
    this.#clock = clock;
  }

  /** Reads all quotas. */
  async open(): Promise<void> {
    await this.#flush();
    const accounts: Account[] = [];
    for (const quota of await this.#db.select().from(quotas)) accounts.push(await this.#account(quota));
    this.#accounts = accounts;
  }

  /**
   * Counts a request to a model.
   * @throws ServiceError 429 saying which bound it would exceed, and with Retry-After when it would not
   */
  async admit({ project, key }: Principal, model: string): Promise<void> {
    const matching = this.#matching({ project, key, model });
    if (matching.length === 0) return;
    for (const account of matching) await this.#intoThisMonth(account);
    const now = this.#clock.steady();
    for (const account of matching) {
      const { quota, requests, tokens, month } = account;
      const left = monthEnd(this.#clock.now()) - this.#clock.now().getTime();
      refuse(quota, 'requests a minute', quota.requestsPerMinute, requests?.waitFor(1, now) ?? 0);
      refuse(quota, 'tokens a minute', quota.tokensPerMinute, tokens?.waitFor(1, now) ?? 0);
      const { requestsPerMonth, tokensPerMonth } = quota;
      const isOver = (used: number, most: number | null): boolean => most !== null && used >= most;
      refuse(
        quota,
        'requests a month',
        requestsPerMonth,
        isOver(month.requests, requestsPerMonth) ? left : 0,
      );
      refuse(quota, 'tokens a month', tokensPerMonth, isOver(month.tokens, tokensPerMonth) ? left : 0);
    }
    for (const { requests, month } of matching) {
      requests?.use(1);
      month.requests++;
    }
  }

  /** Counts the tokens of a request that was answered. */
  spend(counted: Counted, tokens: number): void {
    for (const account of this.#matching(counted)) {
      account.tokens?.waitFor(0, this.#clock.steady());
      account.tokens?.use(tokens);
      account.month.tokens += tokens;
    }
  }

  /** Sets a quota, in place of the one before. @throws NotFoundError when the project has no such key; InputError when it bounds nothing */
  async set(quota: Quota): Promise<void> {
    const { project, key, model, ...bounds } = quota;
    if (Object.values(bounds).every((bound) => bound === null)) {
      throw new InputError('The quota bounds nothing: give at least one number, or delete it.');
    }
    if (key !== '') {
      const found = and(eq(keys.id, key), eq(keys.project, project));
      const [there] = await this.#db.select({ id: keys.id }).from(keys).where(found);
      if (!there) throw new NotFoundError(`There is no key '${key}'.`);
    }
    await this.#db
      .insert(quotas)
      .values(quota)
      .onConflictDoUpdate({ target: [quotas.project, quotas.key, quotas.model], set: bounds });
    await this.#flush();
    const account = await this.#account(quota);
    this.#accounts = [...this.#others(quota), account];
  }

  /** Takes a quota away. @throws NotFoundError when there is none */
  async remove(place: Pick<Quota, 'project' | 'key' | 'model'>): Promise<void> {
    const { project, key, model } = place;
    const gone = await this.#db
      .delete(quotas)
      .where(and(eq(quotas.project, project), eq(quotas.key, key), eq(quotas.model, model)))
      .returning();
    if (gone.length === 0) throw new NotFoundError(`There is no quota ${forWhom(place)}.`);
    this.#accounts = this.#others(place);
  }

  /** A project's quotas. */
  async list(project: string): Promise<readonly QuotaView[]> {
    await this.#flush();
    const rows = await this.#db
      .select()
      .from(quotas)
      .where(eq(quotas.project, project))
      .orderBy(asc(quotas.key), asc(quotas.model));
    const begins = monthBegin(this.#clock.now());
    const used = rows.map((quota) => usedOf(this.#db, quota, begins));
    const counts = await Promise.all(used);
    return rows.map((quota, i) => ({ ...quota, used: counts[i]! }));
  }

  #others({ project, key, model }: Pick<Quota, 'project' | 'key' | 'model'>): readonly Account[] {
    return this.#accounts.filter(
      ({ quota }) => quota.project !== project || quota.key !== key || quota.model !== model,
    );
  }

  #matching({ project, key, model }: Counted): readonly Account[] {
    return this.#accounts.filter(
      ({ quota }) =>
        quota.project === project &&
        (quota.key === '' || quota.key === key) &&
        (quota.model === '' || quota.model === model),
    );
  }

  async #account(quota: Quota): Promise<Account> {
    const begins = monthBegin(this.#clock.now());
    const now = this.#clock.steady();
    const bucket = (size: number | null) => (size === null ? undefined : new Bucket(size, now));
    return {
      quota,
      requests: bucket(quota.requestsPerMinute),
      tokens: bucket(quota.tokensPerMinute),
      month: { begins, ...(await usedOf(this.#db, quota, begins)) },
    };
  }

  /** When another month has begun, or the clock was set back into one before: counts that one. */
  async #intoThisMonth(account: Account): Promise<void> {
    const begins = monthBegin(this.#clock.now());
    if (account.month.begins === begins) return;
    await this.#flush();
    const month = { begins, ...(await usedOf(this.#db, account.quota, begins)) };
    if (account.month.begins !== begins) account.month = month;
  }
}

/** What was used of a quota in a month, as the database has it. Requests that were refused for a quota do not count. */
async function usedOf(
  db: Database,
  { project, key, model }: Pick<Quota, 'project' | 'key' | 'model'>,
  begins: number,
): Promise<{ requests: number; tokens: number }> {
  const from = new Date(begins);
  const conditions: (SQL | undefined)[] = [
    eq(usage.project, project),
    key === '' ? undefined : eq(usage.key, key),
    model === '' ? undefined : eq(usage.model, model),
    ne(usage.status, 429),
    gte(usage.hour, from),
    lt(usage.hour, new Date(monthEnd(from))),
  ];
  const [found] = await db
    .select({
      requests: sql<number>`coalesce(sum(${usage.requests}), 0)::float8`,
      tokens: sql<number>`coalesce(sum(${usage.tokens}), 0)::float8`,
    })
    .from(usage)
    .where(and(...conditions));
  return found!;
}

const monthBegin = (now: Date): number => Date.UTC(now.getUTCFullYear(), now.getUTCMonth());
const monthEnd = (now: Date): number => Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1);

function refuse(quota: Quota, what: string, most: number | null, wait: number): void {
  if (wait === 0) return;
  const seconds = Math.ceil(Math.round(wait) / 1000);
  throw new ServiceError(
    429,
    `The quota of ${most} ${what} ${forWhom(quota)} is used up. Try again in ${seconds} seconds.`,
    { 'Retry-After': String(seconds) },
  );
}

function forWhom({ project, key, model }: Pick<Quota, 'project' | 'key' | 'model'>): string {
  const parts = [key && `the key '${key}'`, model && `the model '${model}'`].filter((part) => part !== '');
  return `for ${parts.length === 0 ? `the project '${project}'` : parts.join(' and ')}`;
}
