import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { eq } from 'drizzle-orm';
import { InputError, NotFoundError, StateError } from '../errors.js';
import { collectGarbage, listVersions, prepareVersion } from '../registry/index.js';
import { findRun } from '../runs/query.js';
import { uploads } from '../store/jobSchema.js';
import { onEachDatabase, type TestStore } from '../store/testing.js';
import { saveBrightnessModel } from '../testing.js';
import * as work from './index.js';

const lease = 30_000;
const start = new Date('2026-01-02T03:04:05Z');
const later = (milliseconds: number): Date => new Date(start.getTime() + milliseconds);

onEachDatabase('jobs', (open) => {
  let opened: TestStore;
  before(async () => {
    opened = await open();
  });
  after(() => opened[Symbol.asyncDispose]());

  const submit = async (more: Partial<work.NewJob> = {}, now = start): Promise<string> => {
    const { job } = await work.submitJob(
      opened.store.db,
      {
        project: 'test',
        kind: 'train',
        task: 'image-classification',
        name: 'digits',
        spec: { parameters: { epochs: 3 }, data: 'digits', publish: 'digits' },
        submittedBy: 'somebody',
        ...more,
      },
      now,
    );
    return job.id;
  };
  const claim = (worker: string, now = start) =>
    work.claimJob(opened.store.db, { project: 'test', worker, lease }, now);
  /** Claims a job, which must be this one. */
  const claimed = async (id: string, worker: string, now = start): Promise<work.Attempt> => {
    const job = await claim(worker, now);
    assert.equal(job?.id, id);
    return { project: 'test', job: id, attempt: job.attempt };
  };
  const find = (id: string) => work.findJob(opened.store.db, 'test', id);
  const finished = { outcome: 'finished', result: {} } as const;

  it('gives each job to one of twenty workers that ask at once', async () => {
    const { db } = opened.store;
    const ids = await Promise.all(Array.from({ length: 12 }, () => submit()));
    const got = await Promise.all(Array.from({ length: 20 }, (_, i) => claim(`worker ${i}`)));
    const given = got.flatMap((job) => (job ? [job.id] : []));
    assert.deepEqual(given.toSorted(), ids.toSorted());
    assert.equal(await claim('one more'), undefined);
    for (const { id, attempt } of got.flatMap((job) => job ?? []))
      await work.endAttempt(db, { project: 'test', job: id, attempt }, finished);
  });

  it('does not put a job twice into the queue that is sent twice, nor shows it to another project', async () => {
    const { db } = opened.store;
    const id = randomUUID();
    assert.equal(await submit({ id }), id);
    assert.equal(await submit({ id, name: 'again' }), id);
    assert.equal((await find(id)).name, 'digits');
    await assert.rejects(work.findJob(db, 'other', id), NotFoundError);
    await assert.rejects(work.cancelJob(db, 'other', id), NotFoundError);
    await work.cancelJob(db, 'test', id);
    assert.equal(await claim('w'), undefined, 'a cancelled job is not done');
  });

  it('gives the job that waited longest, and one that is wanted on a worker to that one alone', async () => {
    const { db } = opened.store;
    const second = await submit({}, later(1));
    const first = await submit({ on: 'big' });
    const small = await claimed(second, 'small', later(2));
    const big = await claimed(first, 'big', later(2));
    for (const attempt of [small, big]) await work.endAttempt(db, attempt, finished);
  });

  it('refuses what an attempt writes once another one has the job', async () => {
    const { db } = opened.store;
    const id = await submit();
    const first = await claimed(id, 'slow');
    const { id: run } = await work.beginRun(db, first, { cores: 2 });
    await work.renewLease(db, first, lease, { share: 0.5, epoch: 2 }, later(20_000));
    assert.equal(await work.expireLeases(db, later(49_000)), 0, 'it told of itself after 20 seconds');
    assert.deepEqual((await find(id)).progress, { share: 0.5, epoch: 2 });
    assert.equal(await work.expireLeases(db, later(51_000)), 1);
    const { status, failures, error } = await find(id);
    assert.deepEqual([status, failures], ['queued', 1]);
    assert.match(error!, /worker 'slow' told nothing of itself any more in attempt 1/);
    await assert.rejects(work.renewLease(db, first, lease), /no longer has the job.*it is queued/);
    const second = await claimed(id, 'quick', later(52_000));
    const refused = [
      () => work.renewLease(db, first, lease),
      () => work.beginRun(db, first, {}),
      () => work.keepCheckpoint(opened.store, first, []),
      () => work.checkpointOf(opened.store, first),
      () => work.endAttempt(db, first, finished),
      () => work.withAttempt(db, first, async () => undefined),
    ];
    for (const each of refused)
      await assert.rejects(each(), (fault: Error) => {
        assert.ok(fault instanceof StateError);
        assert.match(fault.message, /Attempt 1 no longer has the job .*: attempt 2 has it now, by 'quick'/);
        return true;
      });
    assert.deepEqual(await work.beginRun(db, second, {}), { id: run, lines: 0 }, 'the run goes on');
    await work.endAttempt(db, second, finished);
    assert.equal((await work.endAttempt(db, second, finished)).status, 'finished', 'told again');
    assert.equal((await findRun(db, 'test', run)).status, 'finished');
  });

  it('gives workers time to tell of themselves after the platform was away', async () => {
    const { db } = opened.store;
    const attempt = await claimed(await submit(), 'w');
    await work.extendLeases(db, lease, later(3_600_000));
    assert.equal(await work.expireLeases(db, later(3_620_000)), 0);
    await work.endAttempt(db, attempt, finished);
  });

  it('tries again, each time later, until so many attempts got no further', async () => {
    const { db } = opened.store;
    const id = await submit({ attempts: 3 });
    const fail = async (attempt: work.Attempt, retry: boolean, now: Date) =>
      (await work.endAttempt(db, attempt, { outcome: 'failed', error: 'out of memory', retry }, now)).status;
    assert.equal(await fail(await claimed(id, 'w'), true, start), 'queued');
    assert.equal(await claim('w', later(1999)), undefined, 'it waits two seconds');
    assert.equal(await fail(await claimed(id, 'w', later(2000)), true, later(2000)), 'queued');
    assert.equal(await claim('w', later(7999)), undefined, 'and then six');
    const third = await claimed(id, 'w', later(8000));
    const stored = await opened.store.objects.put(new TextEncoder().encode('a'));
    assert.deepEqual(await work.keepCheckpoint(opened.store, third, [{ path: 'last', ...stored }]), []);
    assert.equal(await fail(third, true, later(8000)), 'queued', 'it got further: failures count anew');
    assert.equal(await fail(await claimed(id, 'w', later(10_000)), false, later(10_000)), 'failed');
    const { error, attempt } = await find(id);
    assert.deepEqual([error, attempt], ['out of memory', 4]);
    await assert.rejects(work.cancelJob(db, 'test', id), /is failed: there is nothing to cancel/);
    assert.equal((await work.retryJob(db, 'test', id)).status, 'queued');
    await assert.rejects(work.retryJob(db, 'test', id), /is queued: only one that failed or was cancelled/);
    const again = await claimed(id, 'w', new Date());
    assert.equal((await work.checkpointOf(opened.store, again)).length, 1, 'the checkpoint is kept');
    await work.endAttempt(db, again, { outcome: 'failed', error: 'x', retry: false });
    await work.retryJob(db, 'test', id, true);
    const fresh = await claimed(id, 'w', new Date());
    assert.deepEqual(await work.checkpointOf(opened.store, fresh), []);
    await work.endAttempt(db, fresh, finished);
  });

  it('fails for good when workers are lost with it again and again', async () => {
    const { db } = opened.store;
    const id = await submit({ attempts: 2 });
    const { id: run } = await work.beginRun(db, await claimed(id, 'w'), {});
    await work.expireLeases(db, later(31_000));
    await claimed(id, 'w', later(31_000));
    await work.expireLeases(db, later(62_000));
    assert.equal((await find(id)).status, 'failed');
    assert.equal((await findRun(db, 'test', run)).status, 'failed');
  });

  it('tells the worker to stop, and takes it as cancelled when the worker dies of it', async () => {
    const { db } = opened.store;
    const id = await submit();
    const attempt = await claimed(id, 'w');
    const { id: run } = await work.beginRun(db, attempt, {});
    assert.equal((await work.cancelJob(db, 'test', id)).status, 'running');
    assert.equal((await work.renewLease(db, attempt, lease, undefined, start)).cancel, true);
    await work.expireLeases(db, later(31_000));
    assert.equal((await find(id)).status, 'cancelled');
    assert.equal((await findRun(db, 'test', run)).status, 'interrupted');
    await work.retryJob(db, 'test', id);
    const second = await claimed(id, 'w', new Date());
    assert.equal((await work.endAttempt(db, second, { outcome: 'released' })).status, 'queued');
    const third = await claimed(id, 'w', new Date());
    assert.equal((await work.endAttempt(db, third, { outcome: 'cancelled' })).status, 'cancelled');
  });

  it('keeps a checkpoint whole or not at all', async () => {
    const { store } = opened;
    const { db, objects } = store;
    const attempt = await claimed(await submit(), 'w');
    const [one, two] = ['one', 'two'].map((text) => new TextEncoder().encode(text));
    const first = { path: 'last.safetensors', ...(await objects.put(one!)) };
    assert.deepEqual(await work.keepCheckpoint(store, attempt, [first]), []);
    const absent = { path: 'best.safetensors', sha256: 'a'.repeat(64), size: 3 };
    assert.deepEqual(await work.keepCheckpoint(store, attempt, [first, absent]), ['a'.repeat(64)]);
    assert.deepEqual(await work.checkpointOf(store, attempt), [first]);
    const second = { path: 'sub/last.safetensors', ...(await objects.put(two!)) };
    assert.deepEqual(await work.keepCheckpoint(store, attempt, [second]), []);
    assert.deepEqual(await work.checkpointOf(store, attempt), [second]);
    const waste = new Date(Date.now() + 2 * 3_600_000);
    await collectGarbage(store, waste);
    assert.deepEqual([await objects.has(first.sha256), await objects.has(second.sha256)], [false, true]);
    await assert.rejects(work.requireInCheckpoint(store, attempt, first.sha256), NotFoundError);
    await objects.delete(second.sha256);
    await assert.rejects(work.requireInCheckpoint(store, attempt, second.sha256), /has no content/);
    await work.endAttempt(db, attempt, finished);
    const { job } = attempt;
    assert.equal((await find(job)).status, 'finished');
  });

  it('publishes once for a job, whatever its attempts ask for', async () => {
    const { store } = opened;
    const directory = join(opened.folder, 'model');
    await saveBrightnessModel(directory);
    const prepared = await prepareVersion(store, { project: 'test', name: 'once', directory });
    const id = await submit();
    const first = await claimed(id, 'w');
    const { id: run } = await work.beginRun(store.db, first, {});
    assert.deepEqual(await work.publishOnce(store.db, first, prepared), { version: 1, isNew: true });
    assert.deepEqual(await work.publishOnce(store.db, first, prepared), { version: 1, isNew: false });
    await work.expireLeases(store.db, later(31_000));
    const second = await claimed(id, 'w', later(31_000));
    await assert.rejects(work.publishOnce(store.db, first, prepared), StateError);
    assert.deepEqual(await work.publishOnce(store.db, second, prepared), { version: 1, isNew: false });
    await work.endAttempt(store.db, second, finished);
    const versions = await listVersions(store.db, 'test', 'once', {});
    assert.deepEqual(
      versions.map((version) => [version.version, version.run]),
      [[1, run]],
    );
    assert.equal((await find(id)).version, 1);
  });

  it('takes data that was uploaded, and deletes it a day after its last job is finished', async () => {
    const { store } = opened;
    const { db, objects } = store;
    const object = await objects.put(new TextEncoder().encode('pictures'));
    const spec = { parameters: {}, data: { upload: object.sha256, name: 'photos' } };
    await assert.rejects(submit({ spec }), /There is no upload .* Send the data again/);
    await work.noteUpload(db, 'test', object);
    const id = await submit({ spec });
    await assert.rejects(work.requireUpload(db, 'other', object.sha256), NotFoundError);
    const days = (count: number): Date => new Date(Date.now() + count * 86_400_000);
    await collectGarbage(store, days(2));
    assert.ok(await objects.has(object.sha256), 'its job is not done');
    await work.endAttempt(db, await claimed(id, 'w'), finished);
    await collectGarbage(store, days(0.5));
    assert.ok(await objects.has(object.sha256), 'it is not a day old');
    await collectGarbage(store, days(2));
    assert.equal(await objects.has(object.sha256), false);
    assert.deepEqual(await db.select().from(uploads).where(eq(uploads.sha256, object.sha256)), []);
  });

  it('lists jobs by pages, the newest first', async () => {
    const { db } = opened.store;
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) ids.push(await submit({ kind: 'evaluate' }, later(100_000 + i)));
    const newest = ids.toReversed();
    const page = await work.listJobs(db, { project: 'test', kind: 'evaluate', status: 'queued', limit: 3 });
    assert.deepEqual(
      page.jobs.map(({ id }) => id),
      newest.slice(0, 3),
    );
    const rest = await work.listJobs(db, { project: 'test', kind: 'evaluate', limit: 3, after: page.next });
    assert.deepEqual(
      rest.jobs.map(({ id }) => id),
      newest.slice(3),
    );
    assert.equal(rest.next, undefined);
    await assert.rejects(work.listJobs(db, { project: 'test', after: 'x' }), InputError);
  });
});
