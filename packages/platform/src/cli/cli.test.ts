import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { encodePng } from 'modelwright/data';
import { brightProbability, plainImage, saveBrightnessModel } from '../testing.js';
import { lastLineJson, outcomeOf, run, start } from './testing.js';

let folder = '';
let model = '';
let grey = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'modelwright-cli-'));
  model = join(folder, 'brightness');
  grey = join(folder, 'grey.png');
  await saveBrightnessModel(model, {
    training: {
      seed: 7,
      batchSize: 32,
      history: { epochs: [{ train: { loss: 0.5, accuracy: null }, validation: { loss: 0.25 } }] },
    },
  });
  await writeFile(grey, await encodePng(plainImage(204)));
});
after(() => rm(folder, { recursive: true }));

describe('modelwright', () => {
  it('says its version, and helps with each command by an example', async () => {
    const manifest = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    assert.deepEqual(await run(['--version']), { status: 0, stdout: `${manifest.version}\n`, stderr: '' });
    for (const command of [
      'train',
      'evaluate',
      'predict',
      'serve',
      'info',
      'data',
      'up',
      'worker',
      'jobs',
      'logs',
      'runs',
      'models',
      'deploy',
      'keys',
    ]) {
      const { status, stdout } = await run([command, '--help']);
      assert.equal(status, 0);
      assert.match(stdout, new RegExp(`Examples?:\n.*modelwright ${command}`));
    }
  });

  const mistakes: [string, string[], RegExp][] = [
    ['an unknown command', ['sever'], /unknown command 'sever'.*Did you mean serve/s],
    ['an unknown task', ['train', 'image-clasification'], /Did you mean image-classification/],
    ['a missing option', ['train', 'image-classification', '--out', 'x'], /required option '-d, --data/],
    [
      'a number that is none',
      ['train', 'image-classification', '-d', 'x', '-o', 'x', '--epochs', '1.5'],
      /--epochs <n>'.*'1.5'.*should be a whole number from 1/,
    ],
    [
      'a share that is none',
      ['train', 'image-classification', '-d', 'x', '-o', 'x', '--validation-split', '2'],
      /from 0 to 0.5/,
    ],
    ['a port that is none', ['serve', 'x', '--port', '70000'], /whole number from 0 to 65535/],
    [
      'a device that is none',
      ['evaluate', 'x', '--data', 'x', '--device', 'tpu'],
      /Allowed choices are cpu, webgpu/,
    ],
  ];
  for (const [name, args, message] of mistakes) {
    it(`ends with status 2 on ${name}`, async () => {
      const { status, stdout, stderr } = await run(args);
      assert.match(stderr, /^modelwright: /);
      assert.match(stderr, message);
      assert.equal(stdout, '');
      assert.equal(status, 2);
    });
  }

  it('ends with status 1 and one clear line on a failure; with the stack only when asked', async () => {
    const expected = 'nowhere is not a saved model: there is no such folder.';
    assert.deepEqual(await run(['info', 'nowhere']), {
      status: 1,
      stdout: '',
      stderr: `modelwright: ${expected}\n`,
    });
    const { stdout } = await run(['info', 'nowhere', '--json']);
    assert.deepEqual(lastLineJson(stdout), { error: expected });
    const { stderr } = await run(['info', 'nowhere'], { environment: { MODELWRIGHT_DEBUG: '1' } });
    assert.match(stderr, /\n {4}at /);
  });
});

describe('modelwright info', () => {
  it('says what a model is', async () => {
    const { status, stdout } = await run(['info', model]);
    assert.equal(status, 0);
    for (const line of [
      /^task +image-classification$/m,
      /^inputs +image: uint8\[batch, 1, height, width\]$/m,
      /^classes +2 \(dark, bright\)$/m,
      /^parameters +2$/m,
      /^train +loss 0.5$/m,
      /^validation +loss 0.25$/m,
      /^batch size +32$/m,
    ]) {
      assert.match(stdout, line);
    }
  });

  it('says so to programs', async () => {
    const info = lastLineJson((await run(['info', model, '--json'])).stdout);
    assert.equal(info.task, 'image-classification');
    assert.equal(info.parameters, 2);
    assert.deepEqual(info.labels, ['dark', 'bright']);
    assert.deepEqual((info.metrics as Record<string, unknown>).validation, { loss: 0.25 });
  });
});

describe('modelwright info of an ONNX file', () => {
  it('says what it holds and whether it can be trained', async () => {
    const { status, stdout } = await run(['info', join(model, 'onnx', 'model.onnx')]);
    assert.equal(status, 0);
    for (const line of [
      /^inputs +image: uint8\[batch, 1, height, width\]$/m,
      /^can be trained +(yes|no)$/m,
      /^ {2}Cast +\d+$/m,
    ])
      assert.match(stdout, line);
  });

  it('says what is wrong with one that is none', async () => {
    const { status, stderr } = await run(['info', 'nowhere.onnx']);
    assert.equal(status, 1);
    assert.equal(stderr, 'modelwright: nowhere.onnx cannot be read: there is no such file.\n');
  });
});

describe('modelwright predict', () => {
  const percent = (probability: number): string => `${(100 * probability).toFixed(1)}%`;

  it('shows the likeliest classes of a file', async () => {
    const { status, stdout } = await run(['predict', model, grey]);
    const bright = brightProbability(0.8);
    assert.equal(stdout, ` ${percent(bright)}  bright\n  ${percent(1 - bright)}  dark\n`);
    assert.equal(status, 0);
  });

  it('takes several files and standard input, and goes on after one that is broken', async () => {
    const broken = join(folder, 'broken.png');
    await writeFile(broken, 'no picture');
    const input = await encodePng(plainImage(0));
    const { status, stdout, stderr } = await run(
      ['predict', model, grey, broken, '-', '--json', '--top', '1'],
      { input },
    );
    assert.equal(status, 1);
    assert.match(stderr, /^modelwright: .*broken.png cannot be decoded: .*\n$/);
    const { results } = lastLineJson(stdout) as { results: Record<string, never>[] };
    assert.deepEqual(
      results.map(({ file }) => file),
      [grey, broken, '-'],
    );
    assert.match(results[1]!.error!, /broken.png/);
    const [first, last] = [results[0]!, results[2]!].map(
      ({ predictions }) => predictions![0] as { label: string; probability: number },
    );
    assert.equal(first!.label, 'bright');
    assert.ok(Math.abs(first!.probability - brightProbability(0.8)) < 1e-6);
    assert.ok(Math.abs(last!.probability - 0.5) < 1e-6);
  });

  it('names a file that is not there, and a model of another task', async () => {
    assert.match((await run(['predict', model, 'nowhere.png'])).stderr, /nowhere.png/);
    const other = join(folder, 'other');
    await saveBrightnessModel(other, { task: 'depth-estimation' });
    const { status, stderr } = await run(['predict', other, grey]);
    assert.equal(status, 1);
    assert.match(
      stderr,
      /^modelwright: This model is for depth-estimation; here there is .*image-classification, .*\n$/,
    );
  });
});

describe('modelwright train, evaluate and predict word-embeddings', () => {
  it('learns vectors, measures them, and gives the neighbours of words', async () => {
    const out = join(folder, 'words');
    const settings = ['--epochs', '4', '--dimensions', '16', '--batch-size', '512', '--seed', '1'];
    const trained = await run([
      'train',
      'word-embeddings',
      '--data',
      'grammar',
      '--out',
      out,
      ...settings,
      '--json',
    ]);
    assert.equal(trained.status, 0, trained.stderr);
    assert.match(trained.stderr, /skip-gram: [\d,]+ parameters, [\d,]+ examples/);
    const { metrics } = lastLineJson(trained.stdout) as { metrics: { neighbourAccuracy: number } };
    const measured = lastLineJson((await run(['evaluate', out, '--data', 'grammar', '--json'])).stdout);
    assert.equal(
      (measured.metrics as { neighbourAccuracy: number }).neighbourAccuracy,
      metrics.neighbourAccuracy,
    );
    const { status, stdout, stderr } = await run(['predict', out, '-', 'blak', '--top', '2', '--json'], {
      input: new TextEncoder().encode('red\n\ntwo\n'),
    });
    assert.equal(status, 1);
    assert.match(stderr, /^modelwright: The word 'blak' is not in the vocabulary. Did you mean black\?\n$/);
    const { results } = lastLineJson(stdout) as {
      results: { text: string; neighbours?: { word: string; similarity: number }[]; error?: string }[];
    };
    assert.deepEqual(
      results.map(({ text, neighbours }) => [text, neighbours?.length]),
      [
        ['red', 2],
        ['two', 2],
        ['blak', undefined],
      ],
    );
  });
});

describe('modelwright serve', () => {
  it('says where it listens, answers, and ends in order when told to', async () => {
    const child = start(['serve', model, '--port', '0', '--json']);
    const outcome = outcomeOf(child);
    const [line] = (await once(child.stdout, 'data')) as [string];
    const { url, models } = lastLineJson(line) as { url: string; models: string[] };
    assert.deepEqual(models, ['brightness']);
    const response = await fetch(`${url}/predict`, { method: 'POST', body: await readFile(grey) });
    assert.equal(response.status, 200);
    child.kill('SIGTERM');
    const { status, stderr } = await outcome;
    assert.equal(status, 0);
    assert.match(stderr, /^Stopping/);
  });

  it('ends with status 1 where the port is in use, naming it', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const { status, stdout, stderr } = await run(['serve', model, '--port', String(port)]);
    other.close();
    assert.deepEqual(
      { status, stdout, stderr },
      {
        status: 1,
        stdout: '',
        stderr: `modelwright: Port ${port} is in use. Choose another one, such as --port ${port + 1}.\n`,
      },
    );
  });
});

describe('modelwright data', () => {
  it('lists the datasets, to people and to programs', async () => {
    const { stdout } = await run(['data', 'list']);
    assert.match(stdout, /^mnist +image-classification +60,000 +10,000 +11.6 MB/m);
    const { datasets } = lastLineJson((await run(['data', 'list', '--json'])).stdout) as {
      datasets: { name: string }[];
    };
    assert.deepEqual(
      datasets.map(({ name }) => name),
      ['digits', 'mnist'],
    );
  });

  it('fetches a dataset, or says why there is nothing to fetch', async () => {
    assert.match(
      (await run(['data', 'fetch', 'digits'])).stdout,
      /made on this machine: there is nothing to fetch/,
    );
    const unknown = await run(['data', 'fetch', 'cifar']);
    assert.match(unknown.stderr, /no dataset 'cifar'. Datasets: digits, mnist/);
    assert.equal(unknown.status, 1);
  });
});
