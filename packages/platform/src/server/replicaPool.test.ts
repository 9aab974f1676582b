import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ReplicaPool } from './replicaPool.js';

const never = new AbortController().signal;

/** A piece of work that ends when told to. */
function work() {
  let finish = (): void => {};
  const done = new Promise<string>((resolve) => {
    finish = () => resolve('done');
  });
  const replicas: string[] = [];
  const start = (replica: string): Promise<string> => {
    replicas.push(replica);
    return done;
  };
  return { start, finish, replicas };
}

/** Lets everything that can go on go on. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('ReplicaPool', () => {
  it('runs as much at once as there are replicas, the rest in the order it came', async () => {
    const pool = new ReplicaPool(['a', 'b'], 8);
    const works = [work(), work(), work(), work()];
    const results = works.map(({ start }) => pool.run(start, never));
    await settle();
    const begun = (): boolean[] => works.map(({ replicas }) => replicas.length === 1);
    assert.deepEqual(begun(), [true, true, false, false]);
    works[1]!.finish();
    await settle();
    assert.deepEqual(begun(), [true, true, true, false]);
    assert.deepEqual(works[2]!.replicas, works[1]!.replicas);
    for (const { finish } of works) finish();
    assert.deepEqual(await Promise.all(results), ['done', 'done', 'done', 'done']);
  });

  it('turns away what finds the line full, saying when to come again', async () => {
    const pool = new ReplicaPool(['a'], 1);
    const works = [work(), work()];
    const results = works.map(({ start }) => pool.run(start, never));
    await assert.rejects(pool.run(work().start, never), { status: 503, headers: { 'Retry-After': '1' } });
    for (const { finish } of works) finish();
    await Promise.all(results);
    assert.equal(await pool.run(async () => 'again', never), 'again');
  });

  it('frees the place of what no longer waits, and the replica only when its work is done', async () => {
    const pool = new ReplicaPool(['a'], 1);
    const [running, waiting, next] = [new AbortController(), new AbortController(), work()];
    const long = work();
    const first = pool.run(long.start, running.signal);
    const second = pool.run(work().start, waiting.signal);
    waiting.abort(new Error('gone'));
    await assert.rejects(second, /gone/);
    const third = pool.run(next.start, never);
    running.abort(new Error('too late'));
    await settle();
    assert.deepEqual(next.replicas, []);
    long.finish();
    assert.equal(await first, 'done');
    await settle();
    assert.deepEqual(next.replicas, ['a']);
    next.finish();
    await third;
  });

  it('gives a replica back when its work fails', async () => {
    const pool = new ReplicaPool(['a'], 0);
    await assert.rejects(
      pool.run(() => Promise.reject(new Error('broken')), never),
      /broken/,
    );
    assert.equal(await pool.run(async (replica) => replica, never), 'a');
  });

  it('drains when all work is done', async () => {
    const pool = new ReplicaPool(['a', 'b'], 1);
    const last = work();
    const result = pool.run(last.start, never);
    let isDrained = false;
    const drained = pool.drain().then((replicas) => {
      isDrained = true;
      return replicas;
    });
    await settle();
    assert.equal(isDrained, false);
    last.finish();
    assert.deepEqual(await drained, ['a', 'b']);
    await result;
  });
});
