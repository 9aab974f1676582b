import { sql } from 'drizzle-orm';
import type { Database } from '../store/database.js';
import { usage } from '../store/schema.js';
import type { Answered } from '../watching/index.js';

type Row = typeof usage.$inferSelect;

/** Whose job a worker had, and what model it is about. */
export type Worked = Pick<Row, 'project' | 'caller' | 'model' | 'version'>;

/** What is summed up: all rows of an hour with the same of everything else. */
const sums = ['requests', 'tokens', 'bytes', 'milliseconds', 'jobSeconds'] as const;

/** Milliseconds between two writings. */
const writeEvery = 5000;

/** Notes every request to a model, summed up by the hour. It is written in batches, so that no request waits for it. */
export class Meter {
  readonly #db: Database;
  readonly #onError: (error: Error) => void;
  readonly #timer: NodeJS.Timeout;
  #rows = new Map<string, Row>();
  #writing: Promise<void> = Promise.resolve();

  /** @param onError told when what was noted could not be written; it is tried again */
  constructor(db: Database, onError: (error: Error) => void) {
    this.#db = db;
    this.#onError = onError;
    this.#timer = setInterval(() => void this.flush().catch(onError), writeEvery);
    this.#timer.unref();
  }

  /** Notes a request, where it asked a model. */
  note(
    { project, by = '', key = '', model, version = '', status, seconds, tokens = 0, bytes }: Answered,
    now = new Date(),
  ): void {
    if (project === undefined || model === undefined) return;
    const row = this.#rowOf({ project, key, caller: by, model, version, status }, now);
    row.requests++;
    row.tokens += tokens;
    row.bytes += bytes;
    row.milliseconds += seconds * 1000;
  }

  /** Notes that a worker had somebody's job for so many seconds. */
  noteWork(worked: Worked, seconds: number, now = new Date()): void {
    if (seconds > 0) this.#rowOf({ ...worked, key: '', status: 0 }, now).jobSeconds += seconds;
  }

  #rowOf(of: Worked & Pick<Row, 'key' | 'status'>, now: Date): Row {
    const { project, key, caller, model, version, status } = of;
    const hour = Math.floor(now.getTime() / 3_600_000);
    const id = JSON.stringify([project, hour, key, caller, model, version, status]);
    let row = this.#rows.get(id);
    if (!row) {
      const none = { requests: 0, tokens: 0, bytes: 0, milliseconds: 0, jobSeconds: 0 };
      row = { ...of, hour: new Date(hour * 3_600_000), ...none };
      this.#rows.set(id, row);
    }
    return row;
  }

  /** Writes what was noted. @throws Error when the database does not take it; it is kept then */
  flush(): Promise<void> {
    this.#writing = this.#writing.catch(() => undefined).then(() => this.#write());
    return this.#writing;
  }

  /** Writes what is left. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.flush().catch(this.#onError);
  }

  async #write(): Promise<void> {
    const taken = this.#rows;
    const rows = [...taken.values()];
    if (rows.length === 0) return;
    this.#rows = new Map();
    const more = sums.map((sum) => [sum, sql`${usage[sum]} + ${sql.raw(`excluded.${usage[sum].name}`)}`]);
    try {
      await this.#db
        .insert(usage)
        .values(rows)
        .onConflictDoUpdate({
          target: [
            usage.project,
            usage.hour,
            usage.key,
            usage.caller,
            usage.model,
            usage.version,
            usage.status,
          ],
          set: Object.fromEntries(more),
        });
    } catch (error) {
      for (const [id, row] of taken) this.#putBack(id, row);
      throw error;
    }
  }

  #putBack(id: string, row: Row): void {
    const since = this.#rows.get(id);
    if (!since) this.#rows.set(id, row);
    else for (const sum of sums) since[sum] += row[sum];
  }
}
