// What it costs to run a model in a process of its own, with bounds, instead of in a thread: milliseconds to open a small model, and for
// arrays of three sizes there and back, one after another; and to try a version before it is published.
//   node benchmarks/process_cost.mjs --model models/digits
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { NdArray, processRuntime, threadRuntime } from 'modelwright/runtime';
import { readModelFolder, tryModel } from 'modelwright/saved';

const { values } = parseArgs({ options: { model: { type: 'string' } } });
const limits = { memory: 2e9, timeout: 30_000 };
const { onnxPath } = await readModelFolder(values.model);
const file = await readFile(onnxPath);

async function milliseconds(times, work) {
  const began = performance.now();
  for (let i = 0; i < times; i++) await work();
  return Number(((performance.now() - began) / times).toFixed(2));
}

const runtimes = { thread: threadRuntime(), process: processRuntime(limits, file.length) };
for (const [name, runtime] of Object.entries(runtimes)) {
  let session;
  const open = await milliseconds(1, async () => {
    session = await runtime.open(file, { threads: 1 });
  });
  const runs = {};
  for (const batch of [1, 64, 1024]) {
    const images = [new NdArray('uint8', [batch, 1, 28, 28])];
    const run = () => session.run(images);
    await milliseconds(5, run);
    runs[`${batch} pictures`] = await milliseconds(batch > 100 ? 10 : 200, run);
  }
  await session.release();
  console.log(JSON.stringify({ runtime: name, open, ...runs }));
}
console.log(JSON.stringify({ trial: await milliseconds(3, () => tryModel(values.model, limits)) }));
