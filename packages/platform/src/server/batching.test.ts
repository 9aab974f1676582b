import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NdArray } from 'modelwright/runtime';
import { Batcher, type BatchingOptions, whyNotJoined } from './batching.js';
import { ReplicaPool } from './replicaPool.js';

const never = new AbortController().signal;
const nothing = (): void => undefined;
type Arrays = Readonly<Record<string, NdArray>>;

/** A batcher over a model that doubles numbers, and refuses negative ones; runs wait to be let go on. */
function doubling(options: Partial<BatchingOptions> = {}, replicas = 1) {
  const rows: number[] = [];
  const gates: (() => void)[] = [];
  const pool = new ReplicaPool(
    Array.from({ length: replicas }, (_, i) => i),
    8,
  );
  const batcher = new Batcher(
    pool,
    { size: 4, window: 0, queueSize: 8, ...options },
    async (_, inputs: Arrays, count) => {
      rows.push(count);
      await new Promise<void>((resolve) => gates.push(resolve));
      const { x } = inputs;
      if (x!.toNumbers().some((value) => value < 0)) throw new Error('negative');
      return {
        y: NdArray.of(
          'float32',
          x!.shape,
          x!.toNumbers().map((value) => 2 * value),
        ),
      };
    },
  );
  const ask = async (values: readonly number[][], signal = never) => {
    const { y } = await batcher.run({ x: NdArray.from(values as number[][]) }, signal, nothing);
    return [y!.shape, y!.toNumbers()];
  };
  /** Lets the runs that have begun end. */
  const go = async (): Promise<void> => {
    await settle();
    for (const open of gates.splice(0)) open();
    await settle();
  };
  return { batcher, pool, ask, go, rows };
}

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

describe('Batcher', () => {
  it('joins what waits for a replica, and parts the answers', async () => {
    const { ask, go, rows } = doubling();
    const answers = [
      ask([[1, 2]]),
      ask([[3, 4]]),
      ask([
        [5, 6],
        [7, 8],
      ]),
      ask([[9, 10]]),
      ask([[11, 12]]),
    ];
    for (let i = 0; i < 3; i++) await go();
    assert.deepEqual(rows, [4, 2]);
    assert.deepEqual(await Promise.all(answers), [
      [
        [1, 2],
        [2, 4],
      ],
      [
        [1, 2],
        [6, 8],
      ],
      [
        [2, 2],
        [10, 12, 14, 16],
      ],
      [
        [1, 2],
        [18, 20],
      ],
      [
        [1, 2],
        [22, 24],
      ],
    ]);
  });

  it('joins only what has the same shape but for the batch', async () => {
    const { ask, go, rows } = doubling();
    const answers = [ask([[0, 0]]), ask([[1]]), ask([[2, 3]]), ask([[4]])];
    for (let i = 0; i < 3; i++) await go();
    assert.deepEqual(rows, [2, 2]);
    assert.deepEqual(
      (await Promise.all(answers)).map(([shape]) => shape),
      [
        [1, 2],
        [1, 1],
        [1, 2],
        [1, 1],
      ],
    );
  });

  it('runs what is larger than a batch by itself', async () => {
    const { ask, go, rows } = doubling({ size: 2 });
    const answer = ask([[1], [2], [3]]);
    await go();
    assert.deepEqual(
      [await answer, rows],
      [
        [
          [3, 1],
          [2, 4, 6],
        ],
        [3],
      ],
    );
  });

  it('waits for others as long as the window says, or until the batch is full', async () => {
    const { ask, go, rows } = doubling({ window: 30, size: 3 });
    const full = [ask([[1]]), ask([[2]]), ask([[3]])];
    await go();
    assert.deepEqual(rows, [3]);
    await Promise.all(full);
    const late = [ask([[4]]), ask([[5]])];
    await go();
    assert.deepEqual(rows, [3], 'the window is still open');
    await new Promise((resolve) => setTimeout(resolve, 40));
    await go();
    assert.deepEqual(rows, [3, 2]);
    await Promise.all(late);
  });

  it('lets one request fail alone', async () => {
    const { ask, go } = doubling();
    const busy = ask([[0]]);
    await settle();
    const answers = Promise.allSettled([ask([[1]]), ask([[-1]]), ask([[2]])]);
    for (let i = 0; i < 6; i++) await go();
    await busy;
    const [first, second, third] = await answers;
    assert.deepEqual(first, { status: 'fulfilled', value: [[1, 1], [2]] });
    assert.equal(second!.status, 'rejected');
    assert.deepEqual(third, { status: 'fulfilled', value: [[1, 1], [4]] });
  });

  it('drops those who wait no longer', async () => {
    const { ask, go, rows } = doubling();
    const gone = new AbortController();
    const busy = ask([[0]]);
    await settle();
    const left = ask([[1]], gone.signal);
    const stays = ask([[2]]);
    gone.abort(new Error('gone'));
    await assert.rejects(left, /gone/);
    await assert.rejects(ask([[1]], gone.signal), /gone/);
    await go();
    await go();
    assert.deepEqual(rows, [1, 1]);
    assert.deepEqual((await Promise.all([busy, stays]))[1], [[1, 1], [4]]);
  });

  it('turns away what finds too many waiting', async () => {
    const { ask, go } = doubling({ size: 2, queueSize: 1 });
    const answers = [ask([[1]]), ask([[2]]), ask([[3]])];
    await assert.rejects(ask([[4]]), { status: 503, headers: { 'Retry-After': '1' } });
    for (let i = 0; i < 3; i++) await go();
    await Promise.all(answers);
  });

  it('is idle when all are answered', async () => {
    const { batcher, ask, go } = doubling({ window: 10 });
    const answer = ask([[1]]);
    let isIdle = false;
    const idle = batcher.idle().then(() => {
      isIdle = true;
    });
    await settle();
    assert.equal(isIdle, false);
    await new Promise((resolve) => setTimeout(resolve, 15));
    await go();
    await answer;
    await idle;
  });
});

describe('whyNotJoined', () => {
  const spec = (name: string, shape: (string | number)[]) => ({ name, dtype: 'float32' as const, shape });
  const why = (input: (string | number)[], output: (string | number)[]) =>
    whyNotJoined({
      modelwright: { format: 1, version: '1' },
      task: 'x',
      inputs: [spec('x', input)],
      outputs: [spec('y', output)],
    });
  it('finds what is not open along the batch alone', () => {
    assert.equal(why(['batch', 3, 'height'], ['batch', 2]), undefined);
    assert.match(why([1, 3], ['batch', 2])!, /first dimension of its input 'x' is not open/);
    assert.match(why(['batch', 3], [2])!, /its 'y' is not open in 'batch'/);
    assert.match(why(['batch', 3], ['batch', 'batch'])!, /its 'y' is not open/);
  });
});
