import assert from 'node:assert/strict';
import { once } from 'node:events';
import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, it } from 'node:test';
import { eq } from 'drizzle-orm';
import { start } from '../cli/testing.js';
import { type NewJob, PlatformClient, type Upload, type Version } from '../client/client.js';
import { packPath } from '../registry/archive.js';
import { checkpoints } from '../store/jobSchema.js';
import { isAlive } from '../store/lock.js';
import { onEachDatabase, openEmbedded, type TestStore } from '../store/testing.js';
import { entry, savePictures, TestPlatform } from './testing.js';
import { runWorker } from './worker.js';

onEachDatabase('workers', (open) => {
  const isFirst = open === openEmbedded;
  let opened: TestStore;
  let platform: TestPlatform;
  let pictures: string;
  before(async () => {
    opened = await open();
    platform = await TestPlatform.open(opened);
    pictures = await savePictures(join(opened.folder, 'photos'));
  });
  after(async () => {
    await platform[Symbol.asyncDispose]();
    await opened[Symbol.asyncDispose]();
  });

  const small = { model: 'mlp', imageSize: 8, batchSize: 8, seed: 3 };
  const training = (epochs: number, more: Partial<NewJob> = {}): NewJob => ({
    ...{ kind: 'train' as const, task: 'image-classification', data: pictures },
    ...{ parameters: { ...small, epochs }, ...(more as object) },
  });
  const finished = (id: string) => platform.until(id, ({ status }) => status === 'finished');
  const cancelled = async (id: string) => {
    await platform.client.post(`/api/jobs/${id}/cancel`);
    return platform.until(id, ({ status }) => status === 'cancelled');
  };
  const versionsOf = async (model: string): Promise<readonly Version[]> =>
    (await platform.client.get<{ versions: Version[] }>(`/api/models/${model}/versions`)).versions;
  const weightsOf = async (model: string): Promise<readonly string[]> =>
    (await versionsOf(model)).map(
      ({ files }) => files.find(({ path }) => path === 'model.safetensors')!.sha256,
    );
  const checkpointOf = (id: string) =>
    opened.store.db.select().from(checkpoints).where(eq(checkpoints.job, id));
  /** Lines of the log may come after the progress that was made since. */
  const processOf = async (id: string): Promise<number> => {
    let found: RegExpExecArray | null;
    do found = /Process (\d+)\./.exec(await platform.log(id));
    while (!found);
    return Number(found[1]);
  };

  it('goes on with the training of a worker that was killed, to the same end as an undisturbed one, published once', async () => {
    const stop = platform.work();
    const whole = await finished((await platform.submit(training(80, { publish: 'whole' }))).id);
    await stop();
    const { id } = await platform.submit(training(80, { publish: 'broken' }));
    const killed = start(['worker', '--server', platform.url, '--name', 'killed', '--data-root', '/'], {
      MODELWRIGHT_KEY: platform.workerKey,
    });
    await platform.until(id, ({ progress }) => (progress?.epoch ?? 0) >= 3);
    while ((await checkpointOf(id)).length === 0) await platform.job(id);
    const child = await processOf(id);
    assert.ok(isAlive(child));
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    const other = platform.work({ name: 'other' });
    const job = await finished(id);
    await other();
    assert.equal(isAlive(child), false, 'the process ends with its worker');
    assert.deepEqual([job.attempt, job.worker, job.version], [2, 'other', 1]);
    const log = await platform.log(id);
    assert.match(
      log,
      /Attempt 1, on killed\..*Attempt 2, on other\.\nIt goes on from the last checkpoint\./s,
    );
    assert.deepEqual(await weightsOf('broken'), await weightsOf('whole'), 'the same weights, in one version');
    assert.deepEqual(job.result!.metrics, whole.result!.metrics);
    const [a, b] = await Promise.all(
      [whole.run, job.run].map((run) => platform.client.get(`/api/runs/${run}/metrics/loss`)),
    );
    assert.deepEqual(b, a, 'the metrics of all steps, each once');
    assert.equal((await checkpointOf(id)).length, 0, 'nothing is left to resume');
  });

  it('stops a training that is cancelled after a checkpoint, and takes it up again', async () => {
    const stop = platform.work();
    const { id } = await platform.submit(training(100_000));
    await platform.until(id, ({ progress }) => (progress?.epoch ?? 0) >= 3);
    const { attempt } = await cancelled(id);
    assert.equal(attempt, 1);
    assert.ok((await checkpointOf(id)).length > 0);
    await platform.client.post(`/api/jobs/${id}/retry`);
    await platform.until(id, (job) => job.attempt === 2 && (job.progress?.epoch ?? 0) >= 4);
    await cancelled(id);
    await stop();
    assert.match(await platform.log(id), /Cancelled\..*It goes on from the last checkpoint\./s);
  });

  if (!isFirst) return; // what follows is the workers' own, whatever the database

  it('tries again when the process of a job dies, and gives a job back when it stops itself', async () => {
    const stop = platform.work({ name: 'first' });
    const { id } = await platform.submit(training(100_000));
    await platform.until(id, ({ progress }) => (progress?.epoch ?? 0) >= 3);
    process.kill(await processOf(id), 'SIGKILL');
    const failed = await platform.until(id, ({ error }) => error !== null);
    assert.match(failed.error!, /The process was killed, perhaps by the system for want of memory/);
    await platform.until(id, (job) => job.attempt === 2 && (job.progress?.epoch ?? 0) >= 3);
    await stop();
    const { status, attempt } = await platform.job(id);
    assert.deepEqual([status, attempt], ['queued', 2], 'given back without waiting for the lease');
    const second = platform.work({ name: 'second' });
    await platform.until(id, (job) => job.attempt === 3 && job.worker === 'second');
    await cancelled(id);
    await second();
  });

  it('begins anew when the checkpoint is damaged, and says so', async () => {
    const stop = platform.work();
    const { id } = await platform.submit(training(100_000));
    await platform.until(id, ({ progress }) => (progress?.epoch ?? 0) >= 3);
    await stop();
    const [checkpoint] = await checkpointOf(id);
    const { sha256 } = checkpoint!;
    await writeFile(join(opened.folder, 'objects', sha256.slice(0, 2), sha256), 'damaged');
    const other = platform.work();
    await platform.until(id, ({ attempt, progress }) => attempt === 2 && progress !== null);
    await cancelled(id);
    await other();
    assert.match(
      await platform.log(id),
      /The checkpoint is damaged \(.*safetensors is gone\): it begins anew/,
    );
  });

  it('measures a version, and predicts on data that was sent', async () => {
    const stop = platform.work();
    await finished((await platform.submit(training(12, { publish: 'lights' }))).id);
    const { sha256 } = await platform.client.send<Upload>('POST', '/api/uploads', packPath(pictures));
    const data = { upload: sha256, name: 'photos' };
    const measured = await finished((await platform.submit({ kind: 'evaluate', model: 'lights', data })).id);
    assert.deepEqual([measured.result!.metrics!.accuracy, measured.result!.examples], [1, 40]);
    assert.deepEqual(measured.model, { name: 'lights', version: 1 });
    await writeFile(join(pictures, 'dark', 'broken.png'), 'no picture');
    const predict = { kind: 'predict', model: 'lights@1', data: pictures } as const;
    const [lines, table] = await Promise.all([
      platform.submit({ ...predict, parameters: { top: 1 } }),
      platform.submit({ ...predict, format: 'csv' }),
    ]);
    const { result, run } = await finished(lines.id);
    assert.deepEqual([result!.examples, result!.failures], [41, 1]);
    const rows = (await fileOf(run!, 'predictions.jsonl')).trim().split('\n').map(parsed);
    assert.equal(rows.length, 41);
    for (const { file, predictions, error } of rows) {
      if (file === 'dark/broken.png') assert.match(error!, /broken\.png/);
      else assert.equal(predictions![0]!.label, file.split('/')[0]);
    }
    const csv = await fileOf((await finished(table.id)).run!, 'predictions.csv');
    assert.match(
      csv,
      /^file,predictions\.0\.label,predictions\.0\.probability,.*error\nbright\/0\.png,bright,0\.\d+/,
    );
    const files = await platform.client.get<{ files: { path: string }[] }>(`/api/runs/${measured.run}/files`);
    assert.deepEqual(
      files.files.map(({ path }) => path),
      ['confusion-matrix.svg', 'evaluation.json', 'report.md'],
    );
    await stop();
  });

  const fileOf = async (run: string, path: string): Promise<string> => {
    const response = await fetch(`${platform.url}/api/runs/${run}/files/${path}`, {
      headers: { Authorization: `Bearer ${platform.key}` },
    });
    return text(response.body!);
  };
  const parsed = (line: string) =>
    JSON.parse(line) as { file: string; error?: string; predictions?: { label: string }[] };

  it('says what is wrong with a job: at once what the platform can know, and otherwise in the first attempt', async () => {
    const refused = (job: object) =>
      platform.client.post('/api/jobs', job).then(
        () => assert.fail('it was taken'),
        (error: Error) => error.message,
      );
    assert.match(
      await refused({ ...training(1), task: 'image-clasification' }),
      /There is no task 'image-clasif.*Tasks: /,
    );
    assert.match(
      await refused(training(1, { parameters: { epoch: 3 } })),
      /unknown option '--epoch.*Did you mean --epochs/,
    );
    assert.match(
      await refused(training(1, { parameters: { epochs: 1.5 } })),
      /'1\.5' is invalid.*whole number from 1/,
    );
    assert.match(await refused(training(1, { parameters: { out: 'x' } })), /unknown option '--out/);
    assert.match(await refused(training(1, { publish: '../x' })), /model name/);
    assert.match(await refused({ kind: 'evaluate', model: 'nothing', data: 'x' }), /no model 'nothing'/);
    assert.match(await refused({ kind: 'predict', model: 'lights' }), /nothing to predict on/);
    const stop = platform.work();
    const { id } = await platform.submit(training(1, { data: '/nowhere/photos' }));
    const failed = await platform.until(id, ({ status }) => status === 'failed');
    await stop();
    assert.equal(failed.attempt, 1, 'another attempt would find no data either');
    assert.match(failed.error!, /\/nowhere\/photos/);
    const late = platform.client.post(`/api/jobs/${id}/attempts/1/renew`, { progress: { share: 1 } });
    await assert.rejects(late, { status: 409, message: /Attempt 1 no longer has the job .*: it is failed/ });
  });

  it('takes data from its own folder alone, whichever way a path leads', {
    skip: !isFirst && 'as above',
  }, async () => {
    const root = join(opened.folder, 'root');
    await mkdir(root);
    await cp(pictures, join(root, 'photos'), { recursive: true });
    await symlink(pictures, join(root, 'link'));
    const failure = async (job: NewJob): Promise<string> => {
      const { id } = await platform.submit(job);
      const { error, attempt } = await platform.until(id, ({ status }) => status === 'failed');
      assert.equal(attempt, 1, 'another attempt would be refused too');
      return error!;
    };
    const stop = platform.work({ dataRoot: root });
    for (const data of ['photos', join(root, 'photos'), './photos'])
      assert.equal((await finished((await platform.submit(training(1, { data }))).id)).error, null);
    for (const data of [pictures, '../photos', join(root, '../photos'), 'link', './link', '/etc/passwd'])
      assert.match(
        await failure(training(1, { data })),
        /lies outside the worker's folder with data.*--upload/,
      );
    assert.match(
      await failure(training(1, { data: './nothing' })),
      /There is no \.\/nothing in the worker's folder/,
    );
    const from = training(1, { data: 'photos', parameters: { epochs: 1, from: '/etc/hostname.onnx' } });
    assert.match(await failure(from), /\/etc\/hostname\.onnx lies outside/);
    await stop();
    const bare = platform.work({ dataRoot: undefined });
    assert.match(await failure(training(1)), /reads no paths such as .*--upload.*--data-root/);
    await bare();
  });

  it('waits for a platform that is not there, saying so once, and ends where its key is refused', async () => {
    const notes: string[] = [];
    const stop = platform.work({ server: 'http://127.0.0.1:1', onNote: (note) => notes.push(note) });
    await new Promise((resolve) => setTimeout(resolve, 1200));
    await stop();
    assert.deepEqual(notes.length, 1);
    assert.match(notes[0]!, /127\.0\.0\.1:1 does not answer.*Trying again until it does/);
    const never = new AbortController().signal;
    const refused = runWorker(
      { server: platform.url, key: 'mw_wrong', entry, onNote: () => undefined },
      never,
    );
    await assert.rejects(refused, /The key is not known\. See --key/);
  });

  it('tells of a job while it goes on', async () => {
    const stop = platform.work();
    const { id } = await platform.submit(training(30, { publish: 'metered' }));
    const events: string[] = [];
    let status = '';
    const client = new PlatformClient({ server: platform.url, key: platform.key });
    for await (const { event, data } of client.events(`/api/jobs/${id}/events`)) {
      events.push(event);
      if (event === 'job') status = (data as { status: string }).status;
    }
    await stop();
    assert.equal(status, 'finished');
    const { startedAt, endedAt } = await platform.job(id);
    const admin = new PlatformClient({ server: platform.url, key: platform.adminKey });
    const { usage } = await admin.get<{ usage: { caller: string; model: string; jobSeconds: number }[] }>(
      '/api/usage',
    );
    const [used] = usage.filter(({ model }) => model === 'metered');
    assert.equal(used!.caller, 'developer', 'who submitted it');
    const seconds = (Date.parse(endedAt!) - Date.parse(startedAt!)) / 1000;
    assert.ok(Math.abs(used!.jobSeconds - seconds) < 0.1, `${used!.jobSeconds} of ${seconds} s`);
    assert.ok(
      events.includes('lines') && events.filter((event) => event === 'job').length >= 2,
      String(events),
    );
  });
});
