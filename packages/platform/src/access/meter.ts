import { sql } from 'drizzle-orm';
import type { Database } from '../store/database.js';
import { usage } from '../store/schema.js';
import type { Answered } from '../watching/index.js';

type Row = typeof usage.$inferSelect;

/** Whose job a worker had, and what model it is about. */
export type Worked = Pick<Row, 'project' | 'caller' | 'model' | 'version'>;

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
    const row = this.#rowOf(now, project, key, by, model, version, status);
    row.requests++;
    row.tokens += tokens;
    row.bytes += bytes;
    row.milliseconds += seconds * 1000;
  }

  /** Notes that a worker had somebody's job for so many seconds. */
  noteWork({ project, caller, model, version }: Worked, seconds: number, now = new Date()): void {
    if (seconds > 0) this.#rowOf(now, project, '', caller, model, version, 0).jobSeconds += seconds;
  }

  #rowOf(
    now: Date,
    ...[project, key, caller, model, version, status]: readonly [
      string,
      string,
      string,
      string,
      string,
      number,
    ]
  ): Row {
    const hour = Math.floor(now.getTime() / 3_600_000);
    const id = JSON.stringify([project, hour, key, caller, model, version, status]);
    let row = this.#rows.get(id);
    if (!row) {
      const place = { project, hour: new Date(hour * 3_600_000), key, caller, model, version, status };
      row = { ...place, requests: 0, tokens: 0, bytes: 0, milliseconds: 0, jobSeconds: 0 };
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
    const more = (column: 'requests' | 'tokens' | 'bytes' | 'milliseconds' | 'jobSeconds') =>
      sql`${usage[column]} + ${sql.raw(`excluded.${usage[column].name}`)}`;
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
          set: {
            requests: more('requests'),
            tokens: more('tokens'),
            bytes: more('bytes'),
            milliseconds: more('milliseconds'),
            jobSeconds: more('jobSeconds'),
          },
        });
    } catch (error) {
      for (const [id, row] of taken) this.#putBack(id, row);
      throw error;
    }
  }

  #putBack(id: string, row: Row): void {
    const since = this.#rows.get(id);
    if (!since) this.#rows.set(id, row);
    else {
      since.requests += row.requests;
      since.tokens += row.tokens;
      since.bytes += row.bytes;
      since.milliseconds += row.milliseconds;
      since.jobSeconds += row.jobSeconds;
    }
  }
}
