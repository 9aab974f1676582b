// Opens networks exported by PyTorch at their full size: the same outputs, and a few steps of training on one batch.
//   python packages/modelwright/src/importer/fixtures/networks.py full FOLDER
//   node benchmarks/import_onnx.mjs FOLDER
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { adam, crossEntropy, fit, importOnnx, NdArray, threadRuntime } from 'modelwright';
import { Dataset } from 'modelwright/data';

const [folder] = process.argv.slice(2);
if (!folder) throw new Error('Give the folder that networks.py wrote.');
const tolerance = 1e-4;
const steps = 6;

for (const file of readdirSync(folder).filter((name) => name.endsWith('.onnx'))) {
  const { input, output } = JSON.parse(readFileSync(join(folder, file.replace('.onnx', '.json')), 'utf8'));
  const x = NdArray.of(input.dtype, input.shape, input.data);
  const started = performance.now();
  const { model, variables, graph } = await importOnnx(join(folder, file));
  const opened = performance.now() - started;
  const executable = await threadRuntime('cpu').compile(graph(), { inference: true });
  const [y] = await executable.run([x]);
  await executable.release();
  const error = Math.max(...y.toNumbers().map((value, i) => Math.abs(value - output.data[i])));
  const size = x.size / input.shape[0];
  const examples = Array.from({ length: input.shape[0] }, (_, i) => ({
    input: NdArray.of(input.dtype, input.shape.slice(1), input.data.slice(i * size, (i + 1) * size)),
    target: NdArray.from(i % output.shape[1], 'int32'),
  }));
  const trained = await fit(model, Dataset.from(examples), {
    variables,
    loss: crossEntropy,
    optimizer: adam(1e-4),
    epochs: steps,
    batchSize: examples.length,
    progress: false,
  });
  const losses = trained.history.epochs.map(({ train }) => train.loss);
  const good = error <= tolerance && losses.at(-1) < losses[0];
  console.log(
    `${good ? 'ok  ' : 'FAIL'} ${file}: opened in ${opened.toFixed(0)} ms, largest difference ${error.toExponential(1)}, ` +
      `loss ${losses.map((loss) => loss.toFixed(3)).join(' ')}`,
  );
  if (!good) process.exitCode = 1;
}
process.exit();
