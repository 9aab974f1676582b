import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { digits } from '../data/browser.js';
import {
  compile,
  crossEntropy,
  dense,
  flatten,
  NdArray,
  sequential,
  type Tensor,
  type TensorTree,
  tree,
  valueAndGrad,
} from '../index.js';
import { assertNear } from '../testing/compare.js';
import { ortCpu } from './ortNode.js';
import { referenceRuntime } from './referenceRuntime.js';
import { threadRuntime } from './thread.js';

describe('compile', () => {
  it('traces once for each combination of shapes and dtypes', async () => {
    let traced = 0;
    const double = compile((x: Tensor) => {
      traced++;
      return x.add(x);
    });
    const run = async (x: NdArray): Promise<number[]> => ((await double(x)) as NdArray).toNumbers();
    assert.deepEqual(await run(NdArray.from([1, 2])), [2, 4]);
    assert.deepEqual(await run(NdArray.from([3, 4])), [6, 8]);
    assert.equal(traced, 1);
    assert.deepEqual(await run(NdArray.from([[1, 2]])), [2, 4]);
    assert.deepEqual(await run(NdArray.from([1, 2], 'int32')), [2, 4]);
    assert.equal(traced, 3);
    assert.deepEqual(await Promise.all([1, 2, 3].map((each) => run(NdArray.from([each, 0])))), [
      [2, 0],
      [4, 0],
      [6, 0],
    ]);
    assert.equal(traced, 3);
    await double.release();
    assert.deepEqual(await run(NdArray.from([1, 2])), [2, 4]);
    assert.equal(traced, 4);
    await double.release();
  });

  it('takes and gives trees, numbers for scalars, and results that are arguments or constants', async () => {
    const fn = compile((p: { a: Tensor; list: Tensor[] }, factor: Tensor) => ({
      scaled: p.list.map((each) => each.mul(factor)),
      same: p.a,
      one: 1,
    }));
    const result = (await fn({ a: NdArray.from([7]), list: [NdArray.from(2), NdArray.from([3])] }, 5)) as {
      scaled: NdArray[];
      same: NdArray;
      one: NdArray;
    };
    assert.deepEqual(
      result.scaled.map((each) => each.toNumbers()),
      [[10], [15]],
    );
    assert.deepEqual([result.same.toNumbers(), result.one.item()], [[7], 1]);
    await fn.release();
  });

  it('gives on ONNX Runtime what the reference gives, and shows the graph', async () => {
    const fn = (x: Tensor, w: Tensor): Tensor => x.matmul(w).tanh().sum(0);
    const args = [
      NdArray.from([
        [1, -2],
        [0.5, 3],
      ]),
      NdArray.from([
        [0.1, 0.2],
        [0.3, -0.4],
      ]),
    ] as const;
    const results = await Promise.all(
      [ortCpu, referenceRuntime].map(async (runtime) => (await compile(fn, { runtime })(...args)) as NdArray),
    );
    assertNear(results[0]!.data as Float32Array, results[1]!.data as Float32Array, 1e-6, 'tanh');
    assert.match(`${compile(fn).trace(...args)}`, /matmul 0 1 .*\n.*tanh %0/);
  });

  it('throws what does not fit, at the first call with it, and goes on with what does', async () => {
    const fn = compile((x: Tensor, y: Tensor) => x.add(y));
    await assert.rejects(fn(NdArray.from([1, 2]), NdArray.from([1, 2, 3])), {
      name: 'TypeError',
      message: /add: shapes \[2\] and \[3\] do not broadcast/,
    });
    assert.deepEqual(((await fn(NdArray.from([1, 2]), NdArray.from([1, 1]))) as NdArray).toNumbers(), [2, 3]);
    await fn.release();
  });

  it('runs in a thread that is given', async () => {
    const fn = compile((x: Tensor) => x.neg(), { runtime: threadRuntime(), inference: true });
    assert.deepEqual(((await fn(NdArray.from([1, -2]))) as NdArray).toNumbers(), [-1, 2]);
    await fn.release();
  });

  it('says when a graph that cannot run there, cannot', async () => {
    let opened = 0;
    const runtime = {
      name: 'broken',
      compile: () => {
        opened++;
        return Promise.reject(new Error('no such device'));
      },
    };
    const fn = compile((x: Tensor) => x.neg(), { runtime });
    await assert.rejects(fn(1), /no such device/);
    await assert.rejects(fn(1), /no such device/);
    assert.equal(opened, 2);
    await fn.release();
  });

  it('runs a training step in a few lines', async () => {
    const model = sequential(flatten(), dense(10));
    const step = compile((params: TensorTree, x: Tensor, y: Tensor) => {
      const images = x.cast('float32').div(255);
      const [loss, grads] = valueAndGrad((p: TensorTree) => crossEntropy(model.apply(p, images), y))(params);
      return [loss, tree.map((p: Tensor, g: Tensor) => p.sub(g.mul(0.2)), params, grads)];
    });
    let { parameters } = model.init({ shape: [32, 1, 28, 28] });
    const losses: number[] = [];
    const batches = digits({ train: 64, test: 10 }).train.batch(32);
    for (let epoch = 0; epoch < 12; epoch++) {
      for await (const { input, target } of batches) {
        const [loss, updated] = (await step(parameters, input!, target!)) as [NdArray, typeof parameters];
        parameters = updated;
        losses.push(loss.item());
      }
    }
    assertNear([losses[0]!], [Math.log(10)], 0.5, 'the loss of knowing nothing');
    assert.ok(losses.at(-1)! < losses[0]! / 2, losses.map((loss) => loss.toFixed(2)).join(' '));
    await step.release();
  });
});
