import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { NdArray } from '../graph/array.js';
import { int64, looping, model, node, value } from '../onnx/testing.js';
import { LimitError } from './limits.js';
import { processRuntime } from './process.js';
import { checkSessions, doubled } from './sessionTesting.js';

const limits = { memory: 256e6, timeout: 20_000 };

/** Gives the sum of all products of two elements of x: of n elements there are n^2. */
const squares = model({
  node: [
    node('Unsqueeze', ['x', 'one'], ['column']),
    node('Mul', ['column', 'x'], ['products']),
    node('ReduceSum', ['products'], ['y'], { keepdims: 0n }),
  ],
  initializer: [int64('one', [1n])],
  input: [value('x', ['n'])],
  output: [value('y', [])],
});

const skip = process.platform === 'linux' ? false : 'only on Linux is the memory of a process bounded';

describe('a runtime in a process', () => {
  it('opens, runs and frees sessions, and begins anew after the last', () =>
    checkSessions(processRuntime(limits, 0)));

  it('says what cannot be opened or run', async () => {
    const runtime = processRuntime(limits, 0);
    await assert.rejects(
      runtime.open(new Uint8Array([1, 2, 3])),
      (error) => !(error instanceof LimitError) && /protobuf/i.test((error as Error).message),
    );
    const session = await runtime.open(doubled);
    await assert.rejects(session.run([NdArray.from([[1]])]), /input 'x' is float32/);
    assert.deepEqual((await session.run([NdArray.from([1])]))[0]!.toNumbers(), [2]);
    await session.release();
  });

  it('bounds the memory of a run, and answers the next one', { skip }, async () => {
    const runtime = processRuntime(limits, 0);
    const session = await runtime.open(squares);
    const run = async (n: number) => {
      const ones = new NdArray('float32', [n]);
      ones.data.fill(1);
      return (await session.run([ones]))[0]!.toNumbers();
    };
    assert.deepEqual(await run(1000), [1e6]);
    for (const n of [10_000, 1e6]) {
      await assert.rejects(
        run(n),
        (error) => error instanceof LimitError && /more memory .* than the 256 MB/.test(error.message),
      );
      assert.deepEqual(await run(2000), [4e6]);
    }
    // Those that wait behind one that takes too much are not to blame.
    const asked = [100, 1e6, 200, 1e6, 300].map((n) => run(n));
    const results = (await Promise.allSettled(asked)).map((result) =>
      result.status === 'fulfilled' ? result.value[0] : (result.reason as Error).name,
    );
    assert.deepEqual(results, [1e4, 'LimitError', 4e4, 'LimitError', 9e4]);
    assert.ok(runtime.busy > 0);
    await session.release();
  });

  it('ends a run that takes too long, and answers the next one', async () => {
    const session = await processRuntime({ memory: 256e6, timeout: 3000 }, 0).open(looping());
    const run = async (n: number) => (await session.run([NdArray.from(n)]))[0]!.toNumbers();
    assert.deepEqual(await run(4), [4]);
    await assert.rejects(run(1e18), (error) => error instanceof LimitError && error.limit === 'time');
    assert.deepEqual(await run(4), [4]);
    await session.release();
  });

  it('leaves no process behind, whatever becomes of the one that began it', { skip }, async () => {
    const here = (name: string): string => new URL(name, import.meta.url).href;
    const script = `
      import { processRuntime } from '${here('./process.js')}';
      import { NdArray } from '${here('../graph/array.js')}';
      import { looping } from '${here('../onnx/testing.js')}';
      const open = async () => processRuntime({ memory: 256e6 }, 0).open(looping());
      await (await open()).release();
      const session = await open();
      await session.run([NdArray.from(1)]);
      console.log('runs');
      await session.run([NdArray.from(1e18)]);`;
    const began = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const children = (): string[] => {
      const lines = execFileSync('ps', ['-eo', 'pid,ppid,args'], { encoding: 'utf8' }).split('\n');
      return lines.filter((line) => line.includes('runtime/processMain.js')).map((line) => line.trim());
    };
    const mine = new Set<string>();
    await once(began.stdout, 'data');
    for (const line of children()) {
      const [pid, parent] = line.split(/\s+/);
      if (parent === String(began.pid)) mine.add(pid!);
    }
    assert.equal(mine.size, 1, 'the one that was released has ended');
    began.kill('SIGKILL');
    const left = (): boolean => children().some((line) => mine.has(line.split(/\s+/)[0]!));
    for (let i = 0; i < 200 && left(); i++) await new Promise((go) => setTimeout(go, 50));
    assert.ok(!left());
  });
});
