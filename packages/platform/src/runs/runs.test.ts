import assert from 'node:assert/strict';
import { text as textOf } from 'node:stream/consumers';
import { after, before, it } from 'node:test';
import { RunRecorder } from '../client/recorder.js';
import { localRuns } from '../client/sink.js';
import { NotFoundError, StateError } from '../errors.js';
import { onEachDatabase, type TestStore } from '../store/testing.js';
import { artefactsOf, curveOf, findRun, linesOf, listRuns } from './query.js';
import {
  addArtefact,
  addLines,
  addPoints,
  createRun,
  endRun,
  lostRunsMarker,
  markLost,
  reopenRun,
} from './record.js';

onEachDatabase('runs', (open) => {
  let opened: TestStore;
  before(async () => {
    opened = await open();
  });
  after(() => opened[Symbol.asyncDispose]());
  const begin = (name: string, more: object = {}) =>
    createRun(opened.store.db, { project: 'test', name, ...more });
  const at = new Date('2026-01-02T03:04:05Z');
  const points = (metric: string, values: readonly number[], first = 1) =>
    values.map((value, i) => ({ metric, step: first + i, value, at }));

  it('keeps what a run tells, and shows it in short', async () => {
    const { db } = opened.store;
    const id = await begin('first "run"', {
      task: 'image-classification',
      parameters: { epochs: 3 },
      tags: ['a'],
    });
    await addPoints(db, id, [...points('loss', [3, 1, 2]), ...points('accu"racy\\', [0.5, 0.75])]);
    await addPoints(db, id, points('loss', [4], 4));
    const run = await findRun(db, 'test', id);
    assert.equal(run.status, 'running');
    assert.deepEqual(run.parameters, { epochs: 3 });
    assert.deepEqual(run.metrics.loss, {
      count: 4,
      last: 4,
      lastStep: 4,
      least: 1,
      leastStep: 2,
      greatest: 4,
      greatestStep: 4,
    });
    assert.equal(run.metrics['accu"racy\\']!.greatest, 0.75);
    await endRun(db, id, 'finished');
    assert.equal((await findRun(db, 'test', id)).status, 'finished');
    await assert.rejects(addPoints(db, id, points('loss', [1], 5)), StateError);
    await assert.rejects(endRun(db, id, 'failed'), StateError);
  });

  it('overwrites steps that are told again after a resume, and counts them once', async () => {
    const { db } = opened.store;
    const id = await begin('resumed');
    await addPoints(db, id, points('loss', [5, 4, 3]));
    await endRun(db, id, 'interrupted');
    await reopenRun(db, id);
    await addPoints(db, id, points('loss', [4, 3, 2], 2));
    const { metrics } = await findRun(db, 'test', id);
    assert.equal(metrics.loss!.count, 4);
    assert.deepEqual((await curveOf(db, id, 'loss')).points, [
      [1, 5],
      [2, 4],
      [3, 3],
      [4, 2],
    ]);
  });

  it('keeps values that are no numbers, and leaves them out of smallest and largest', async () => {
    const { db } = opened.store;
    const id = await begin('broken');
    await addPoints(db, id, points('loss', [2, Number.NaN, Number.POSITIVE_INFINITY]));
    const { loss } = (await findRun(db, 'test', id)).metrics;
    assert.equal(loss!.greatest, 2);
    assert.equal(loss!.last, Number.POSITIVE_INFINITY);
    await addPoints(db, id, points('only', [Number.NaN]));
    assert.equal((await findRun(db, 'test', id)).metrics.only!.least, null);
  });

  it('gives a long curve in few points without losing a peak', async () => {
    const { db } = opened.store;
    const id = await begin('long');
    const values = Array.from({ length: 20_000 }, (_, i) => (i === 12_345 ? 1000 : Math.sin(i / 500)));
    for (let first = 0; first < values.length; first += 5000) {
      await addPoints(db, id, points('loss', values.slice(first, first + 5000), first));
    }
    const { count, points: few } = await curveOf(db, id, 'loss', 200);
    assert.equal(count, 20_000);
    assert.ok(few.length <= 200 && few.length > 100, `${few.length} points`);
    assert.ok(few.some(([step, value]) => step === 12_345 && value === 1000));
    assert.deepEqual(
      few.map(([step]) => step),
      few.map(([step]) => step).toSorted((a, b) => a - b),
    );
    for (const [step, value] of few) assert.equal(value, values[step]);
    assert.deepEqual(await curveOf(db, id, 'nothing'), { count: 0, points: [] });
  });

  it('lists runs in pages: newest first, by a metric, by what is asked for', async () => {
    const { db } = opened.store;
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) {
      const id = await begin(`paged-${i}`, { tags: ['paged'], task: i % 2 === 0 ? 'even' : 'odd' });
      await addPoints(db, id, points('score', [i % 3, 0]));
      ids.push(id);
    }
    const filter = { project: 'test', tag: 'paged' };
    const first = await listRuns(db, { ...filter, limit: 3 });
    const second = await listRuns(db, { ...filter, limit: 3, after: first.next });
    assert.deepEqual(new Set([...first.runs, ...second.runs].map(({ id }) => id)), new Set(ids));
    assert.equal(second.next, undefined);
    const best = await listRuns(db, { ...filter, metric: 'score', mode: 'max', limit: 1 });
    assert.equal(best.runs[0]!.name, 'paged-2');
    assert.equal((await listRuns(db, { ...filter, task: 'odd' })).runs.length, 2);
    assert.equal((await listRuns(db, { ...filter, search: 'AGED-4' })).runs.length, 1);
    assert.equal((await listRuns(db, { ...filter, search: '%' })).runs.length, 0);
    assert.equal((await listRuns(db, { ...filter, project: 'another' })).runs.length, 0);
    await assert.rejects(listRuns(db, { ...filter, after: 'x' }), /give what 'next' said/);
  });

  it('keeps a line once, though it is told again as its acknowledgement was lost', async () => {
    const { store } = opened;
    const sink = localRuns(store, 'test');
    let lost = 0;
    const recorder = await RunRecorder.begin(
      {
        ...sink,
        async lines(...told) {
          await sink.lines(...told);
          if (lost++ % 2 === 0) throw new Error('The answer is lost.');
        },
      },
      { name: 'told twice', onFault: () => undefined },
    );
    const told: string[] = [];
    for (let i = 0; i < 5; i++) {
      for (const text of [`line ${i}`, 'the same']) {
        recorder.log(text);
        told.push(text);
      }
      await recorder.flush();
    }
    await recorder.end('finished');
    const texts = (await linesOf(store.db, recorder.id)).map(({ text }) => text);
    assert.ok(lost > 5, `${lost} tries`);
    assert.deepEqual(texts, told);
    const id = await begin('holes');
    await assert.rejects(addLines(store.db, id, [{ text: 'x', at }], 3), /Line 3 would come after line 0/);
  });

  it('keeps lines and files', async () => {
    const { store } = opened;
    const id = await begin('files');
    await addLines(store.db, id, [{ text: 'one', at }]);
    await addLines(store.db, id, [{ text: 'two', at }]);
    assert.deepEqual(
      (await linesOf(store.db, id, { from: 2 })).map(({ line, text }) => [line, text]),
      [[2, 'two']],
    );
    await addArtefact(store.db, id, 'a.txt', await store.objects.put(new TextEncoder().encode('old')));
    await addArtefact(store.db, id, 'a.txt', await store.objects.put(new TextEncoder().encode('hello')));
    const [file] = await artefactsOf(store.db, id);
    // sha256 of 'hello'
    assert.equal(file!.sha256, '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824');
    assert.equal(await textOf(await store.objects.read(file!.sha256)), 'hello');
  });

  it('marks runs lost that no longer tell of themselves', async () => {
    const { db } = opened.store;
    const id = await begin('silent');
    assert.deepEqual(await markLost(db, 60_000), []);
    const later = new Date(Date.now() + 120_000);
    assert.ok((await markLost(db, 60_000, later)).includes(id));
    assert.equal((await findRun(db, 'test', id)).status, 'lost');
  });

  it('marks no run lost for a clock that was set ahead: each has its time anew to tell that it lives', async () => {
    const { db } = opened.store;
    const id = await begin('through a jump');
    const silence = 60_000;
    let [wall, steady] = [Date.now(), 0];
    const look = lostRunsMarker(db, silence, { wall: () => wall, steady: () => steady });
    const after = async (milliseconds: number, jump = 0): Promise<boolean> => {
      steady += milliseconds;
      wall += milliseconds + jump;
      return (await look()).includes(id);
    };
    assert.equal(await after(1000), false);
    assert.equal(await after(1000, 3_600_000), false, 'an hour ahead');
    assert.equal(await after(silence - 1), false);
    assert.equal(await after(2), true, 'it had its time, and said nothing');
    const other = await begin('set back');
    wall -= 7_200_000;
    assert.equal(await after(1000), false);
    assert.equal((await findRun(db, 'test', other)).status, 'running');
  });

  it('says that there is no such run', async () => {
    const { db } = opened.store;
    await assert.rejects(findRun(db, 'test', 'x'), NotFoundError);
    const id = await begin('mine');
    await assert.rejects(findRun(db, 'other', id), NotFoundError);
    await assert.rejects(
      addLines(db, '00000000-0000-0000-0000-000000000000', [{ text: 'x', at }]),
      NotFoundError,
    );
  });
});
