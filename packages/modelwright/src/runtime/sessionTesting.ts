// What every runtime must do that keeps its sessions somewhere else: in a thread, in a process.
import assert from 'node:assert/strict';
import { NdArray } from '../graph/array.js';
import { Graph } from '../graph/graph.js';
import { input } from '../graph/tensor.js';
import { encodeModel } from '../onnx/encode.js';
import { add, neg } from '../primitives/index.js';
import type { Executable, OnnxRuntime } from './runtime.js';

const x = input('x', 'float32', ['n']);
/** y = 2 x and y = -x, as ONNX files. */
export const doubled = encodeModel(new Graph([x], [add(x, x)]));
export const negated = encodeModel(new Graph([x], [neg(x)]));

/** Opens, runs and frees sessions, and opens one after the last has gone. */
export async function checkSessions(runtime: OnnxRuntime): Promise<void> {
  const run = async (session: Executable) => (await session.run([NdArray.from([3])]))[0]!.toNumbers();
  const first = await runtime.open(doubled);
  const second = await runtime.open(negated);
  assert.deepEqual([await run(first), await run(second)], [[6], [-3]]);
  const into = NdArray.from([0]);
  await second.run([NdArray.from([5])], [into]);
  assert.deepEqual(into.toNumbers(), [-5]);
  await first.release();
  await first.release();
  await assert.rejects(run(first), /has been released/);
  assert.deepEqual(await run(second), [-3]);
  await second.release();
  const third = await runtime.open(doubled);
  assert.deepEqual(await run(third), [6]);
  await assert.rejects(run(second), /has been released/);
  await third.release();
}
