import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NdArray } from 'modelwright/runtime';
import { type Arrays, whyNotJoined } from './joining.js';
import { ReplicaPool } from './replicaPool.js';
import { RunLine, type RunLineOptions } from './runLine.js';

const never = new AbortController().signal;
const nothing = (): void => undefined;

/** So many numbers are what the model below fails on. */
const failing = 7;

/** A line to a model that takes so many milliseconds a number of its inputs, and how many runs it is given at once. */
function timed(perNumber: number, replicas = 1) {
  const clock = { busy: 0 };
  const atOnce: number[] = [];
  let given: { readonly size: number; readonly go: () => void }[] = [];
  const ids = Array.from({ length: replicas }, (_, i) => i);
  const run = async (_: number, { x }: Arrays) => {
    await new Promise<void>((go) => given.push({ size: x!.size, go }));
    if (x!.size === failing) throw new Error('failing');
    return { y: x! };
  };
  const executed: number[] = [];
  const line = new RunLine(
    new ReplicaPool(ids, 8),
    { size: 1, window: 0, queueSize: 100 },
    {
      run,
      busy: () => clock.busy,
      executed: (requests, seconds) => executed.push(requests.length, Math.round(seconds * 1e6)),
    },
  );
  const ask = (count: number, size = 1) =>
    Promise.all(
      Array.from({ length: count }, (_, i) =>
        line.run(
          { x: NdArray.from(Array(size).fill(i) as number[]) },
          new AbortController().signal,
          () => nothing,
        ),
      ),
    ).then((outputs) => outputs.map(({ y }) => y!.data[0]));
  /** Lets the runs that a replica was given end, until there are no more. */
  const go = async (): Promise<void> => {
    for (await settle(); given.length > 0; await settle()) {
      const runs = given;
      given = [];
      atOnce.push(runs.length);
      for (const { size, go } of runs) {
        if (size !== failing) clock.busy += size * perNumber;
        go();
      }
    }
  };
  return { ask, go, atOnce, executed };
}

/** A line to a model that doubles numbers, and refuses negative ones; runs wait to be let go on. */
function doubling(options: Partial<RunLineOptions> = {}, replicas = 1) {
  const rows: number[] = [];
  const gates: (() => void)[] = [];
  const pool = new ReplicaPool(
    Array.from({ length: replicas }, (_, i) => i),
    8,
  );
  const run = async (_: number, { x }: Arrays) => {
    rows.push(x!.shape[0]!);
    await new Promise<void>((resolve) => gates.push(resolve));
    if (x!.toNumbers().some((value) => value < 0)) throw new Error('negative');
    const doubled = x!.toNumbers().map((value) => 2 * value);
    return { y: NdArray.of('float32', x!.shape, doubled) };
  };
  const line = new RunLine(
    pool,
    { size: 4, window: 0, queueSize: 8, ...options },
    { run, busy: () => performance.now(), executed: nothing },
  );
  const ask = async (values: readonly number[][], signal = never) => {
    const { y } = await line.run({ x: NdArray.from(values as number[][]) }, signal, () => nothing);
    return [y!.shape, y!.toNumbers()];
  };
  /** Lets the runs that have begun end. */
  const go = async (): Promise<void> => {
    await settle();
    for (const open of gates.splice(0)) open();
    await settle();
  };
  return { line, pool, ask, go, rows };
}

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

describe('RunLine', () => {
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

  it('gives a replica as much at once as takes a millisecond, each request run by itself', async () => {
    const { ask, go, atOnce, executed } = timed(0.2);
    const answers = ask(12);
    await go();
    assert.deepEqual(await answers, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    assert.deepEqual(atOnce, [1, 5, 5, 1], 'the first run says how long one takes');
    assert.deepEqual(executed, Array(12).fill([1, 200]).flat());
  });

  it('gives a replica one run at a time of what takes longer, whatever was short before', async () => {
    const slow = timed(5);
    const answers = slow.ask(3);
    await slow.go();
    await answers;
    assert.deepEqual(slow.atOnce, [1, 1, 1]);
    const { ask, go, atOnce } = timed(0.2);
    const short = ask(1);
    await go();
    const long = ask(3, 100);
    await go();
    await Promise.all([short, long]);
    assert.deepEqual(atOnce, [1, 1, 1, 1]);
  });

  it('gives a replica no more than its share of what waits', async () => {
    const { ask, go, atOnce } = timed(0.01, 2);
    const first = ask(1);
    await go();
    const answers = ask(8);
    await go();
    await Promise.all([first, answers]);
    assert.deepEqual(atOnce, [1, 6, 2], 'four and two on one replica and the other, then the rest');
  });

  it('goes by runs that did not fail', async () => {
    const { ask, go, atOnce } = timed(5);
    const failed = ask(1, failing);
    const refused = assert.rejects(failed, /failing/);
    await go();
    await refused;
    const answers = ask(3);
    await go();
    await answers;
    assert.deepEqual(atOnce, [1, 1, 1, 1]);
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
    const { line, ask, go } = doubling({ window: 10 });
    const answer = ask([[1]]);
    let isIdle = false;
    const idle = line.idle().then(() => {
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
