import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { access, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { fromBinary } from '@bufbuild/protobuf';
import sharp from 'sharp';
import { Dataset } from '../data/dataset.js';
import { NdArray } from '../graph/array.js';
import {
  accuracy,
  adam,
  batchNorm,
  binaryCrossEntropy,
  conv2d,
  crossEntropy,
  dense,
  dropout,
  evaluate,
  type FitOptions,
  fit,
  flatten,
  imagePreprocessing,
  type Loss,
  load,
  maxPool2d,
  meanSquaredError,
  openModel,
  sequential,
  sgd,
  type TrainedModel,
} from '../index.js';
import { ModelProtoSchema } from '../onnx/generated/onnx_pb.js';
import { spread } from '../primitives/define.js';
import { runOnnx } from '../runtime/testing.js';
import { writeModelFolder } from '../saved/index.js';
import { scalingModel } from '../saved/testing.js';
import { openResizer } from '../tasks/image-classification/resizer.js';
import { assertNear } from '../testing/compare.js';
import { bars, denseVariables, measuredBy, ones, temporaryFolder, valuesOf } from './testing.js';

const options: FitOptions = { loss: crossEntropy, optimizer: adam(0.01), batchSize: 8, progress: false };

/** Some examples' inputs as one batch. */
async function batchOf(data: Dataset, count: number): Promise<NdArray> {
  return ((await data.batch(count).at(0)) as { input: NdArray }).input;
}

function softmax(logits: NdArray): number[] {
  const [rows, classes] = logits.shape as [number, number];
  return Array.from({ length: rows }, (_, row) => {
    const exponentials = logits
      .toNumbers()
      .slice(row * classes, (row + 1) * classes)
      .map(Math.exp);
    const sum = exponentials.reduce((a, b) => a + b);
    return exponentials.map((x) => x / sum);
  }).flat();
}

describe('a model of pictures', () => {
  const data = bars(48).withClassNames(['top', 'middle', 'bottom']);
  let trained: TrainedModel;
  before(async () => {
    const model = sequential(
      imagePreprocessing({ mean: 0.3, std: 0.2 }),
      conv2d(6, 3, { padding: 1, bias: false }),
      batchNorm(),
      maxPool2d(2),
      flatten(),
      dropout(0.2),
      dense(3),
    );
    trained = await fit(model, data, {
      ...options,
      epochs: 4,
      metrics: [accuracy],
      validation: 0.25,
      keepBest: {},
    });
  });

  it('gives the same predictions, measures and history once it is saved and loaded', async (test) => {
    const directory = join(await temporaryFolder(test), 'bars');
    await trained.save(directory);
    const loaded = await load(directory);
    const images = await batchOf(data, 7);
    assert.deepEqual(valuesOf(loaded), valuesOf(trained));
    assert.deepEqual((await loaded.predict(images)).toNumbers(), (await trained.predict(images)).toNumbers());
    assert.deepEqual(await evaluate(loaded, data), await evaluate(trained, data));
    assert.deepEqual(measuredBy(loaded), measuredBy(trained));
    assert.deepEqual(loaded.training, trained.training);
    assert.deepEqual(loaded.classNames, ['top', 'middle', 'bottom']);
    const { config } = await openModel(directory);
    assert.equal(config.task, 'image-classification');
  });

  it('is trained further from where it was', async (test) => {
    const directory = join(await temporaryFolder(test), 'bars');
    const plain = await fit(sequential(flatten(), dense(3)), data, { ...options, epochs: 2 });
    await plain.save(directory);
    const { model, variables } = await load(directory);
    const { loss } = await evaluate(plain, data);
    const losses: number[] = [];
    const callbacks = [{ onStepEnd: (step: { loss: number }) => void losses.push(step.loss) }];
    await fit(model, data, { ...options, variables, batchSize: 48, epochs: 20, callbacks });
    assertNear([losses[0]!], [loss!], 1e-5, 'the first loss is that of the loaded model');
    assert.ok(losses.at(-1)! < loss!, `${losses.at(-1)} after ${loss}`);
  });

  it('is a file of standard operators, open in the batch, that plain ONNX Runtime agrees with', async () => {
    const { onnx } = trained.export();
    const { graph, opsetImport } = fromBinary(ModelProtoSchema, onnx);
    assert.deepEqual(
      opsetImport.map(({ domain }) => domain),
      [''],
    );
    assert.deepEqual([...new Set(graph!.node.map(({ domain }) => domain))], ['']);
    for (const count of [1, 7]) {
      const images = await batchOf(data, count);
      const { probabilities } = await runOnnx(onnx, { image: images });
      assert.deepEqual(probabilities!.shape, [count, 3]);
      assertNear(probabilities!.data, softmax(await trained.predict(images)), 1e-4, `batch ${count}`);
    }
  });

  it('passes the checker of ONNX', async (test) => {
    const python = process.env.PEERS && join(process.env.PEERS, 'bin', 'python');
    if (!python) return test.skip('PEERS, the folder of a Python environment with onnx, is not set');
    const file = join(await temporaryFolder(test), 'model.onnx');
    await writeFile(file, trained.export().onnx);
    const program = `import onnx; onnx.checker.check_model(${JSON.stringify(file)}, full_check=True)`;
    const { status, stderr } = spawnSync(python, ['-c', program], { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
  });

  it('resizes pictures of another size as the training resized them', async () => {
    const photo = NdArray.of('uint8', [1, 17, 11], spread([187], 0, 256).data);
    const resizer = await openResizer(1, [6, 6]);
    const small = await resizer.resize(photo);
    const { probabilities } = await runOnnx(trained.export().onnx, { image: photo.reshape([1, 1, 17, 11]) });
    const expected = softmax(await trained.predict(small.reshape([1, 1, 6, 6])));
    assertNear(probabilities!.data, expected, 1e-5, 'probabilities');
  });

  it('has a card with what was measured, pictures that are there, and programs that run', async (test) => {
    const directory = join(await temporaryFolder(test), 'bars');
    const evaluation = {
      data: 'twelve bars',
      examples: 12,
      metrics: { loss: 0.25, accuracy: 0.875 },
      confusionMatrix: [
        [4, 0, 0],
        [1, 3, 0],
        [0, 0, 4],
      ],
    };
    await trained.save(directory, { data: 'bars', evaluation });
    const card = await readFile(join(directory, 'README.md'), 'utf8');
    assert.match(card, /\| twelve bars, test \| 12 \| accuracy \| 0\.8750 \|/);
    const pictures = [...card.matchAll(/!\[[^\]]*\]\(([^)]+)\)/g)].map(([, file]) => file!);
    assert.equal(pictures.length, 2);
    for (const file of pictures) await access(join(directory, file));
    await sharp(Buffer.alloc(90, 200), { raw: { width: 5, height: 6, channels: 3 } })
      .jpeg()
      .toFile(join(directory, 'picture.jpg'));
    const programs = runPrograms(card, directory);
    assert.equal(programs.length, 2);
    assert.match(programs[0]!, /label: '(top|middle|bottom)'/);
    assert.match(programs[1]!, /Float32Array\(3\)/);
  });
});

/** What the programs in a model's card print, each run as it stands in the model's folder. */
function runPrograms(card: string, directory: string): string[] {
  const packages: Record<string, string> = {
    modelwright: new URL('../index.js', import.meta.url).href,
    'modelwright/tasks': new URL('../tasks/index.js', import.meta.url).href,
    'onnxruntime-node': import.meta.resolve('onnxruntime-node'),
  };
  return [...card.matchAll(/```[tj]s\n([^`]*)```/g)].map(([, program]) => {
    const installed = program!.replace(/from '([^']+)'/g, (_, name: string) => `from '${packages[name]}'`);
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', installed], {
      cwd: directory,
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
    return stdout;
  });
}

describe('bytes', () => {
  const pixels = [0, 51, 255, 102];
  const data = Dataset.fromArrays({
    input: NdArray.of('uint8', [2, 1, 1, 2], pixels),
    target: NdArray.from([[1], [2]]),
  });
  const weights = [[0.5], [-2]];

  it('are scaled to 0 .. 1, unless the model begins with a preprocessing of its own', async () => {
    const cases = [
      { front: [], seen: (x: number) => x / 255 },
      { front: [imagePreprocessing({ mean: 0.2, std: 0.5 })], seen: (x: number) => (x / 255 - 0.2) / 0.5 },
      { front: [sequential(imagePreprocessing({ scale: 1 }))], seen: (x: number) => x },
    ];
    for (const { front, seen } of cases) {
      const variables = {
        parameters: { [String(front.length + 1)]: { weight: NdArray.from(weights) } },
        state: {},
      };
      const model = sequential(...front, flatten(), dense(1, { bias: false }));
      const trained = await fit(model, data, {
        loss: meanSquaredError,
        optimizer: sgd(0),
        variables,
        progress: false,
      });
      const [a, b, c, d] = pixels.map(seen) as [number, number, number, number];
      const expected = [0.5 * a - 2 * b, 0.5 * c - 2 * d];
      const images = await batchOf(data, 2);
      assertNear((await trained.predict(images)).toNumbers(), expected, 1e-5, 'predict');
      assertNear(
        [(await evaluate(trained, data)).loss!],
        [((expected[0]! - 1) ** 2 + (expected[1]! - 2) ** 2) / 2],
        1e-5,
        'loss',
      );
      const { prediction } = await runOnnx(trained.export().onnx, { input: images });
      assertNear(prediction!.data, expected, 1e-5, 'saved');
    }
  });
});

describe('a model of a table', () => {
  const input = spread([12, 4]);
  const labels = Array.from({ length: 12 }, (_, i) => i % 3);
  const cases: {
    loss: Loss;
    target: NdArray;
    units: number;
    output: string;
    of: (x: NdArray) => number[];
    task: string;
  }[] = [
    {
      loss: crossEntropy,
      target: NdArray.from(labels, 'int32'),
      units: 3,
      output: 'probabilities',
      of: softmax,
      task: 'tabular-classification',
    },
    {
      loss: binaryCrossEntropy,
      target: NdArray.from(labels.map((label) => label % 2)),
      units: 1,
      output: 'probabilities',
      of: (x) => x.toNumbers().map((logit) => 1 / (1 + Math.exp(-logit))),
      task: 'tabular-classification',
    },
    {
      loss: meanSquaredError,
      target: NdArray.from(labels),
      units: 1,
      output: 'prediction',
      of: (x) => x.toNumbers(),
      task: 'tabular-regression',
    },
  ];
  for (const { loss, target, units, output, of, task } of cases) {
    it(`${loss.name}: gives ${output} of any number of rows`, async () => {
      const trained = await fit(
        sequential(dense(5, { activation: 'relu' }), dense(units)),
        Dataset.fromArrays({ input, target }),
        {
          ...options,
          loss,
        },
      );
      const { config, onnx } = trained.export();
      assert.equal(config.task, task);
      assert.deepEqual(config.inputs, [{ name: 'input', dtype: 'float32', shape: ['batch', 4] }]);
      for (const count of [1, 7]) {
        const rows = spread([count, 4]);
        const found = (await runOnnx(onnx, { input: rows }))[output]!;
        assertNear(found.data, of(await trained.predict(rows)), 1e-4, `${count} rows`);
      }
    });
  }
});

describe('a model whose best parameters were kept', () => {
  it('says in its card at which epoch, and what was measured there', async (test) => {
    const directory = join(await temporaryFolder(test), 'line');
    // After t epochs the weight is 1 - 0.9^t: at 0.5 it is nearest after the seventh.
    const trained = await fit(sequential(dense(1, { bias: false })), ones(1, 1), {
      loss: meanSquaredError,
      optimizer: sgd(0.05),
      variables: denseVariables(0)!,
      validation: ones(1, 0.5),
      epochs: 9,
      keepBest: {},
      progress: false,
    });
    await trained.save(directory, { data: 'ones' });
    const card = await readFile(join(directory, 'README.md'), 'utf8');
    assert.match(card, /\| best epoch \| 7 \|/);
    assert.match(card, new RegExp(`type: loss\\s+value: ${String((1 - 0.9 ** 7 - 0.5) ** 2).slice(0, 7)}`));
    assert.match(runPrograms(card, directory)[0]!, /shape: \[ 1, 1 \]/);
  });
});

describe('load', () => {
  it('says that a model without its layers can be run but not trained', async (test) => {
    const directory = join(await temporaryFolder(test), 'scaling');
    await writeModelFolder(directory, scalingModel(2));
    await assert.rejects(
      load(directory),
      /does not hold the layers.*can be run but not trained further\. Use openModel\(\)/,
    );
  });

  it('refuses a newer format, and parameters that are not all there', async (test) => {
    const directory = join(await temporaryFolder(test), 'line');
    const trained = await fit(sequential(dense(1)), ones(4, 1), { ...options, loss: meanSquaredError });
    await trained.save(directory);
    const file = join(directory, 'config.json');
    const config = await readFile(file, 'utf8');
    await writeFile(file, config.replace('"format": 1', '"format": 2'));
    await assert.rejects(
      load(directory),
      /made by a newer Modelwright \(format 2, this one reads up to 1\): update modelwright/,
    );
    await writeFile(file, config.replace('"units": 1', '"units": 2'));
    await assert.rejects(
      load(directory),
      /'0\.weight' is \[1, 1\] in model\.safetensors, but the layers in config\.json ask for \[1, 2\]/,
    );
    await writeFile(file, config.replace('"type": "dense"', '"type": "denser"'));
    await assert.rejects(load(directory), /denser/);
  });
});
