import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { NdArray } from '../graph/array.js';
import { checkSessions, doubled, negated } from './sessionTesting.js';
import { threadRuntime } from './thread.js';

/** Where Linux lists the threads of this process. */
const tasks = '/proc/self/task';
const threads = (): number => readdirSync(tasks).length;

describe('a runtime in a thread', () => {
  it('opens, runs and frees sessions, and begins anew after the last', () => checkSessions(threadRuntime()));

  it('keeps no thread for what could not be opened', async () => {
    const runtime = threadRuntime();
    await assert.rejects(runtime.open(new Uint8Array([1, 2, 3])));
    const session = await runtime.open(negated);
    assert.deepEqual((await session.run([NdArray.from([1])]))[0]!.toNumbers(), [-1]);
    await session.release();
  });

  it('answers what is asked for in one go, each for itself, and says how long it ran', async () => {
    const runtime = threadRuntime();
    const session = await runtime.open(doubled);
    assert.equal(runtime.busy, 0);
    const runs = [[1], [2, 3], [[4]], [5]].map((values) => session.run([NdArray.from(values)]));
    const results = await Promise.allSettled(runs);
    const numbers = results.map((result) =>
      result.status === 'fulfilled' ? result.value[0]!.toNumbers() : 'failed',
    );
    assert.deepEqual(numbers, [[2], [4, 6], 'failed', [10]]);
    assert.ok(runtime.busy > 0);
    await session.release();
  });

  it('fails those alone that ask for what cannot be sent', async () => {
    const session = await threadRuntime().open(doubled);
    const gone = NdArray.from([1]);
    structuredClone(gone.data, { transfer: [gone.data.buffer] });
    const [refused, answered] = await Promise.allSettled([
      session.run([gone]),
      session.run([NdArray.from([1])]),
    ]);
    assert.match(String(refused.status === 'rejected' && refused.reason), /detached/i);
    assert.deepEqual(answered.status === 'fulfilled' && answered.value[0]!.toNumbers(), [2]);
    await session.release();
  });

  const skip = existsSync(tasks) ? false : 'only Linux lists the threads of a process';
  it('leaves no thread behind when sessions come and go', { skip }, async () => {
    const comeAndGo = async (): Promise<number> => {
      await (await threadRuntime().open(doubled, { threads: 1 })).release();
      await new Promise((resolve) => setTimeout(resolve, 200));
      return threads();
    };
    const before = await comeAndGo();
    const held = await threadRuntime().open(doubled, { threads: 1 });
    assert.ok(threads() > before, 'an open session has a thread');
    await held.release();
    for (let i = 0; i < 4; i++) await comeAndGo();
    assert.ok((await comeAndGo()) <= before);
  });
});
