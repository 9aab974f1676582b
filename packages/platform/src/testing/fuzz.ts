// Sends requests that cannot be right to a whole platform, and looks whether each is refused and nothing has changed.
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { openService, type Service } from '../service.js';
import { rowsOf } from '../store/database.js';
import { type Malformed, strangeAddress, strangeBody, strangeQuery, strangeRoute } from './malformed.js';
import { strangeInference, strangePrediction } from './malformedInference.js';
import { addressOf, deployBright, type Places, populate } from './populate.js';
import { Random } from './random.js';
import { type Described, type DescribedRoute, routesOf } from './routes.js';

export interface FuzzResult {
  readonly requests: number;
  /** How many answers had which status. */
  readonly statuses: Readonly<Record<string, number>>;
  /** How many requests were wrong in which way. */
  readonly faults: Readonly<Record<string, number>>;
  /** Requests that were not refused with a reason. */
  readonly failures: readonly string[];
  /** Tables and folders that are not as they were. */
  readonly changed: readonly string[];
}

/** Sends so many malformed requests to a platform with one of everything, in a temporary folder. */
export async function fuzz(count: number, seed: number, databaseUrl?: string): Promise<FuzzResult> {
  const folder = await mkdtemp(join(tmpdir(), 'modelwright-fuzz-'));
  const errors: string[] = [];
  const service = await openService({ folder, databaseUrl, onError: ({ message }) => errors.push(message) });
  try {
    const places = await populate(service, folder);
    const key = service.firstKey!;
    await deployBright(service, key);
    const described = await service.fetch(new Request('http://localhost/api/openapi.json'));
    const document = (await described.json()) as Described;
    const before = await stateOf(service, folder);
    const random = new Random(seed);
    const statuses: Record<string, number> = {};
    const faults: Record<string, number> = {};
    const failures: string[] = [];
    for (let i = 0; i < count; i++) {
      const request = malformed(random, document, places);
      const { status, text } = await send(service, key, request);
      statuses[status] = (statuses[status] ?? 0) + 1;
      const [kind] = request.fault.split(' ');
      faults[kind!] = (faults[kind!] ?? 0) + 1;
      if (status >= 400 && status < 500 && reasonOf(text) !== undefined) continue;
      const said = [text.slice(0, 200), ...errors.splice(0)].join(' | ');
      failures.push(`${status} ${request.method} ${request.path.slice(0, 200)} (${request.fault}): ${said}`);
    }
    const after = await stateOf(service, folder);
    const changed = Object.keys({ ...before, ...after }).filter((name) => before[name] !== after[name]);
    return { requests: count, statuses, faults, failures, changed };
  } finally {
    await service.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function malformed(random: Random, document: Described, places: Places): Malformed {
  const chance = random.next();
  if (chance < 0.15) return strangeInference(random);
  if (chance < 0.3) return strangePrediction(random);
  const routes = routesOf(document);
  for (;;) {
    const route: DescribedRoute = random.of(routes);
    const address = addressOf(route.path, places);
    const kind = random.below(10);
    const request =
      kind < 5
        ? strangeBody(random, document, route, address)
        : kind < 7
          ? strangeAddress(random, document, route, address)
          : kind < 9
            ? strangeQuery(random, route, address)
            : strangeRoute(random, route, address);
    if (request) return request;
  }
}

async function send(
  service: Service,
  key: string,
  { method, path, type, body }: Malformed,
): Promise<{ status: number; text: string }> {
  const request = new Request(`http://localhost${path}`, {
    method,
    headers: { Authorization: `Bearer ${key}`, ...(type !== undefined && { 'Content-Type': type }) },
    ...(body !== undefined && { body, duplex: 'half' }),
  });
  const response = await service.fetch(request);
  return { status: response.status, text: await response.text() };
}

/** What an error says; undefined where it says nothing. */
function reasonOf(text: string): string | undefined {
  try {
    const { error } = JSON.parse(text) as { error?: string | { message?: string } };
    const reason = typeof error === 'string' ? error : error?.message;
    return reason === '' ? undefined : reason;
  } catch {
    return undefined;
  }
}

/** Fingerprints of all tables and of what lies in the folder. Left out is what looking at things changes: when keys were used, and usage. */
async function stateOf({ store }: Service, folder: string): Promise<Record<string, string>> {
  const tables = await rowsOf<{ name: string }>(
    store.db,
    sql`select table_name as name from information_schema.tables where table_schema = 'public' order by 1`,
  );
  const state: Record<string, string> = {};
  for (const { name } of tables.filter(({ name }) => name !== 'usage')) {
    const rows = await rowsOf<{ row: object }>(
      store.db,
      sql`select to_jsonb(t) - 'used_at' as row from ${sql.identifier(name)} as t order by to_jsonb(t)::text`,
    );
    state[name] = `${rows.length} rows ${createHash('sha256').update(JSON.stringify(rows)).digest('hex')}`;
  }
  for (const part of ['objects', 'work', 'deployed']) {
    const names = await readdir(join(folder, part), { recursive: true }).catch(() => []);
    state[part] = names.sort().join('\n');
  }
  return state;
}
