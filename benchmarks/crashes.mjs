// Kills server, workers and database outright at random moments while models are trained, published and asked, starts them again, and
// then looks whether anything that was acknowledged is lost, any job was done other than once, or the registry is not whole.
// Ends with one line of JSON; status 1 when anything is wrong.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { PlatformClient } from '@modelwright/platform';
import { digits, encodePng } from 'modelwright/data';
import { checkJobs, checkObjects, checkRegistry, checkRuns } from './crashes/checks.mjs';
import { moveAlias, persistently, predict, publish, submit, tellRuns } from './crashes/load.mjs';
import { freePort, orphans, runCli, Supervised, startPostgres } from './crashes/processes.mjs';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '50' },
    database: { type: 'string', default: 'postgres' },
    epochs: { type: 'string', default: '6' },
    seed: { type: 'string', default: '1' },
    keep: { type: 'boolean', default: false },
  },
});
const kills = Number(values.kills);
const isServer = values.database === 'postgres';
const started = performance.now();
const note = (text) =>
  console.error(`${((performance.now() - started) / 1000).toFixed(1).padStart(7)} s  ${text}`);

/** Numbers in [0, 1) that are the same for the same seed (mulberry32). */
let state = Number(values.seed);
const random = () => {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
};

const folder = await mkdtemp(join(tmpdir(), 'modelwright-crashes-'));
const platform = join(folder, 'platform');
const postgres = isServer
  ? await startPostgres(await mkdtemp(join(tmpdir(), 'modelwright-postgres-')))
  : undefined;
const port = await freePort();
const url = `http://127.0.0.1:${port}`;
const up = ['up', '--folder', platform, '--port', String(port), '--workers', '0', '--lease', '6', '--json'];
const server = new Supervised(
  runCli([...up, '--log-level', 'error', '--log-format', 'json'], postgres && { DATABASE_URL: postgres.url }),
);
const key = await firstKey();
const client = new PlatformClient({ server: url, key, timeout: 30_000 });
const workers = ['one', 'two'].map(
  (name) =>
    new Supervised(
      runCli(['worker', '--server', url, '--name', name, '--folder', join(folder, 'work')], {
        MODELWRIGHT_KEY: key,
      }),
    ),
);
const book = {
  ...{ epochs: Number(values.epochs), jobs: [], runs: [], published: [], alias: undefined },
  ...{ answers: new Map(), answered: 0, silent: 0, refused: {}, problems: [] },
};

note(`${values.database}, ${url}, ${folder}`);
book.undisturbed = await submit(client, book, 'digits');
await finished(book.undisturbed);
note('a training was left alone; now processes are killed');
const model = join(folder, 'model');
await client.pull('digits', '1', model);
await client.put('/api/models/digits/aliases/champion', { version: 1 });
await client.put('/api/deployments/digits', { version: 'champion', replicas: 1 });
const example = await digits().test.at(0);
const picture = await encodePng(example.input);

const over = new AbortController();
const load = [
  tellRuns(client, book, over.signal),
  moveAlias(client, book, 'digits', over.signal),
  publish(client, book, model, over.signal),
  predict(url, key, book, 'digits', picture, over.signal),
  keepBusy(),
].map((each) => each.catch((error) => book.problems.push(`the load: ${error.message}`)));
const killed = await killAtRandom();
over.abort();
await Promise.all(load);
note('no more kills: what is left is done');
for (const { id } of book.jobs) await finished(id);
await persistently(() => client.get('/api/deployments'));

const wrong = (text) => book.problems.push(text);
const attempts = await checkJobs(client, book, wrong);
await checkRuns(client, book, wrong);
const versions = await checkRegistry(client, book, platform, wrong);
const { deployments } = await client.get('/api/deployments');
if (!deployments[0]?.ready) wrong(`the deployment is not ready: ${JSON.stringify(deployments)}`);
for (const each of [...workers, server]) await each.stop();
await postgres?.server.stop('SIGINT');
const contents = await checkObjects(platform, wrong);
await wait(2000);
const left = orphans(folder);
if (left.length > 0) wrong(`processes ${left.join(', ')} are left`);
if (!values.keep) await rm(folder, { recursive: true, force: true });
const outcome = {
  ...{ database: values.database, kills: killed, jobs: book.jobs.length, attempts, versions, contents },
  ...{ runs: book.runs.length, published: book.published.length },
  predictions: { answered: book.answered, unanswered: book.silent, refused: book.refused },
  ...{ seconds: Math.round((performance.now() - started) / 1000), problems: book.problems },
};
console.log(JSON.stringify(outcome));
process.exit(book.problems.length === 0 ? 0 : 1);

async function firstKey() {
  for (;;) {
    const line = server.lines.find((each) => each.startsWith('{"url"'));
    if (line) return JSON.parse(line).key;
    await wait(100);
  }
}

async function finished(id) {
  for (;;) {
    const job = await persistently(() => client.get(`/api/jobs/${id}`));
    if (!['queued', 'running'].includes(job.status)) return job;
    await wait(300);
  }
}

/** Always three trainings that are not over, so that the workers have what to do. */
async function keepBusy() {
  const open = new Set();
  while (!over.signal.aborted) {
    while (open.size < 3) {
      const id = await submit(client, book, 'digits');
      open.add(id);
    }
    for (const id of open) {
      const { status } = await persistently(() => client.get(`/api/jobs/${id}`));
      if (!['queued', 'running'].includes(status)) open.delete(id);
    }
    await wait(500);
  }
}

async function killAtRandom() {
  const targets = {
    server,
    workerOne: workers[0],
    workerTwo: workers[1],
    ...(postgres && { database: postgres.server }),
  };
  const counts = Object.fromEntries(Object.keys(targets).map((name) => [name, 0]));
  for (let kill = 1; kill <= kills; ) {
    await wait(500 + 9500 * random() ** 2);
    const name = Object.keys(targets)[Math.floor(random() * Object.keys(targets).length)];
    if (!targets[name].kill()) continue; // it is between two lives
    counts[name]++;
    note(`kill ${kill++}: ${name}; ${book.jobs.length} jobs, ${book.answered} predictions`);
  }
  return counts;
}
