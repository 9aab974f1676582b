// Networks exported by PyTorch: the same outputs, trained further, saved and opened again.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Dataset } from '../data/dataset.js';
import { NdArray } from '../graph/array.js';
import type { DType } from '../graph/dtype.js';
import { Random } from '../graph/random.js';
import { entries } from '../graph/tree.js';
import { adam, crossEntropy, dense, fit, load, openModel, sequential } from '../index.js';
import { decodeModel } from '../onnx/decode.js';
import { openOrt } from '../runtime/testing.js';
import { assertNear } from '../testing/compare.js';
import { readFixture } from '../testing/fixture.js';
import { importOnnx } from './index.js';

interface Values {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

interface Exported {
  readonly onnx: string;
  readonly input: Values;
  readonly output: Values;
}

const networks = readFixture<Readonly<Record<string, Exported>>>(import.meta.url, 'fixtures/networks.json');
const bytesOf = ({ onnx }: Exported): Uint8Array => new Uint8Array(Buffer.from(onnx, 'base64'));
const arrayOf = ({ dtype, shape, data }: Values): NdArray => NdArray.of(dtype, shape, data);

/** Examples like the network's own input, their class told by their first number. */
function examplesFor({ input }: Exported): Dataset {
  const random = new Random(3);
  const shape = input.shape.slice(1);
  const size = shape.reduce((a, b) => a * b, 1);
  const examples = Array.from({ length: 32 }, (_, i) => {
    const label = i % 2;
    const data =
      input.dtype === 'int64'
        ? Array.from({ length: size }, () => 5 * label + Math.floor(5 * random.uniform()))
        : Array.from({ length: size }, () => random.uniform() - 0.5 + label);
    return { input: NdArray.of(input.dtype, shape, data), target: NdArray.from(label, 'int32') };
  });
  return Dataset.from(examples);
}

for (const [name, exported] of Object.entries(networks)) {
  describe(name, () => {
    it('gives what PyTorch gives, its batch open', async () => {
      const { graph, inputs, outputs } = await importOnnx(bytesOf(exported), { name });
      assert.equal(inputs[0]!.shape[0], 'batch');
      assert.deepEqual(outputs[0]!.shape, ['batch', exported.output.shape[1]]);
      const [output] = await openOrt(graph(), [arrayOf(exported.input)]);
      assertNear(output!.toNumbers(), exported.output.data, 1e-4, 'logits');
    });

    it('trains on, and is saved and opened like any other model', async () => {
      const { model, variables } = await importOnnx(bytesOf(exported), { name });
      const options = {
        loss: crossEntropy,
        optimizer: adam(1e-2),
        batchSize: 8,
        epochs: 10,
        progress: false,
      };
      const trained = await fit(model, examplesFor(exported), { ...options, variables });
      const losses = trained.history.epochs.map(({ train }) => train.loss!);
      assert.ok(losses.at(-1)! < 0.6 * losses[0]!, `losses ${losses.join(', ')}`);
      assert.deepEqual(
        entries(trained.variables.parameters).map(([path]) => path),
        entries(variables.parameters).map(([path]) => path),
      );
      const directory = await mkdtemp(join(tmpdir(), 'modelwright-import-'));
      try {
        await trained.save(directory);
        const input = arrayOf(exported.input);
        const expected = (await trained.predict(input)).toNumbers();
        assertNear((await (await load(directory)).predict(input)).toNumbers(), expected, 1e-5, 'loaded');
        const opened = await openModel(directory);
        const classes = exported.output.shape[1]!;
        const { probabilities } = await opened.run({ input });
        await opened.release();
        const softmax = expected.map((value, i) => {
          const row = expected.slice(i - (i % classes), i - (i % classes) + classes);
          return Math.exp(value) / row.reduce((total, each) => total + Math.exp(each), 0);
        });
        assertNear(probabilities!.toNumbers(), softmax, 1e-5, 'saved');
      } finally {
        await rm(directory, { recursive: true });
      }
    });
  });
}

describe('importOnnx', () => {
  const exported = networks['resnet18-batchnorm']!;

  it('names parameters as the file does, and keeps running statistics as state', async () => {
    const { variables } = await importOnnx(bytesOf(exported));
    assert.ok('layer2.0.downsample.0.weight' in variables.parameters);
    assert.ok('bn1.running_var' in variables.state);
  });

  it('merges batch normalisation into convolutions when asked, and gives the same', async () => {
    const { graph, variables } = await importOnnx(bytesOf(exported), { foldBatchNorm: true });
    assert.deepEqual(variables.state, {});
    const [output] = await openOrt(graph(), [arrayOf(exported.input)]);
    assertNear(output!.toNumbers(), exported.output.data, 1e-4, 'logits');
  });

  it('moves running statistics in training, or leaves them when batch normalisation is fixed', async () => {
    const options = { loss: crossEntropy, optimizer: adam(1e-3), batchSize: 8, progress: false };
    for (const batchNorm of ['batch', 'fixed'] as const) {
      const { model, variables } = await importOnnx(bytesOf(exported), { batchNorm });
      const trained = await fit(model, examplesFor(exported), { ...options, variables });
      const name = 'bn1.running_mean';
      const same =
        String((trained.variables.state[name] as NdArray).toNumbers()) ===
        String((variables.state[name] as NdArray).toNumbers());
      assert.equal(same, batchNorm === 'fixed');
    }
  });

  it('gives any value of the graph, for a new head behind it', async () => {
    const bytes = bytesOf(exported);
    const features = decodeModel(bytes).graph.nodes.find(({ operator }) => operator === 'Flatten')!
      .outputs[0]!;
    const { model, variables, outputs } = await importOnnx(bytes, { outputs: features });
    assert.deepEqual(outputs[0]!.shape, ['batch', 8]);
    assert.ok(!('fc.weight' in variables.parameters));
    const whole = sequential(model, dense(2));
    assert.equal(whole.init({ shape: [1, 3, 32, 32] }).parameters['1']! instanceof NdArray, false);
    await assert.rejects(importOnnx(bytes, { outputs: 'nowhere' }), /no value called 'nowhere'.*logits/);
  });

  it('trains what it is told to alone', async () => {
    const { model, variables } = await importOnnx(bytesOf(exported), { constants: ['layer*', /^bn1\./] });
    assert.deepEqual(Object.keys(variables.parameters), ['conv1.weight', 'fc.weight', 'fc.bias']);
    const [output] = await openOrt((await importOnnx(bytesOf(exported), { constants: 'layer*' })).graph(), [
      arrayOf(exported.input),
    ]);
    assertNear(output!.toNumbers(), exported.output.data, 1e-4, 'logits');
    assert.equal(model.type, 'onnxGraph');
  });
});
