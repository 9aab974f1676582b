import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { decodeImage, encodePng } from 'modelwright/data';
import { lastLineJson, run } from './cli/testing.js';
import { createApp } from './server/app.js';
import { type ServedModel, serveModel } from './server/servedModel.js';
import { plainImage } from './testing.js';

describe('image generation on the command line and over HTTP', () => {
  let folder = '';
  let served: ServedModel;
  const path = (name: string): string => join(folder, name);
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'modelwright-made-'));
    for (const [name, level] of [
      ['bright', 200],
      ['dark', 30],
    ] as const) {
      await mkdir(path(`greys/${name}`), { recursive: true });
      for (let i = 0; i < 8; i++)
        await writeFile(path(`greys/${name}/${i}.png`), await encodePng(plainImage(level + i, 1, 8, 8)));
    }
  });
  after(async () => {
    await served.release();
    await rm(folder, { recursive: true });
  });

  it('trains, and makes files', async () => {
    const trained = await run([
      ...['train', 'image-generation', '--data', path('greys'), '--out', path('model'), '--image-size', '8'],
      ...[
        '--channels',
        '1',
        '--width',
        '2',
        '--latent',
        '3',
        '--batch-size',
        '4',
        '--epochs',
        '1',
        '--no-judge',
      ],
      '--json',
    ]);
    assert.equal(trained.status, 0, trained.stderr);
    const { task, metrics } = lastLineJson(trained.stdout) as {
      task: string;
      metrics: Record<string, number>;
    };
    assert.equal(task, 'image-generation');
    assert.deepEqual(Object.keys(metrics), ['loss', 'generatorLoss']);
    const made = await run([
      'predict',
      path('model'),
      '--count',
      '3',
      '--seed',
      '4',
      '--out',
      path('made'),
      '--json',
    ]);
    assert.equal(made.status, 0, made.stderr);
    const { pictures } = lastLineJson(made.stdout) as { pictures: { file: string; label: string }[] };
    assert.deepEqual(
      pictures.map(({ label }) => label),
      ['bright', 'dark', 'bright'],
    );
    assert.deepEqual(await readdir(path('made')), ['0001-bright.png', '0002-dark.png', '0003-bright.png']);
    assert.deepEqual((await decodeImage(pictures[0]!.file, { channels: 1 })).shape, [1, 8, 8]);
    const wrong = await run(['predict', path('model'), '--class', 'grey']);
    assert.match(wrong.stderr, /no class 'grey'. Classes: bright, dark/);
    const input = await run(['predict', path('model'), 'picture.png']);
    assert.equal(input.status, 2);
    assert.match(input.stderr, /this model takes no input/);
    const unmeasured = await run(['evaluate', path('model'), '--data', path('greys')]);
    assert.match(unmeasured.stderr, /saved without a classifier to measure it by/);
  });

  it('answers with a picture', async () => {
    served = await serveModel(path('model'), { name: 'greys', replicas: 1 });
    const app = createApp({ models: [served] });
    const ask = (body: object) =>
      app.request('/models/greys/predict', {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'Content-Type': 'application/json' },
      });
    const response = await ask({ class: 'dark', count: 4, seed: 4, columns: 2 });
    assert.equal(response.headers.get('Content-Type'), 'image/png');
    assert.match(response.headers.get('Server-Timing')!, /^total;dur=[\d.]+$/);
    const grid = await decodeImage(new Uint8Array(await response.arrayBuffer()), { channels: 1 });
    assert.deepEqual(grid.shape, [1, 17, 17]);
    const one = await (await ask({ class: 'bright', seed: 4 })).arrayBuffer();
    assert.deepEqual(Buffer.from(one), await readFile(path('made/0001-bright.png')));
    const walk = await (
      await ask({ class: 'bright', seed: 4, towards: 5, count: 3, columns: 3 })
    ).arrayBuffer();
    const steps = await decodeImage(new Uint8Array(walk), { channels: 1 });
    const [first, last] = await Promise.all(
      [4, 5].map(async (seed) => {
        const bytes = await (await ask({ class: 'bright', seed })).arrayBuffer();
        return decodeImage(new Uint8Array(bytes), { channels: 1 });
      }),
    );
    const columns = (from: number): number[] =>
      Array.from({ length: 64 }, (_, i) => steps.data[Math.floor(i / 8) * 26 + from + (i % 8)]!);
    assert.deepEqual(columns(0), [...first!.data]);
    assert.deepEqual(columns(18), [...last!.data]);
    const wrong = await ask({ class: 'grey' });
    assert.equal(wrong.status, 400);
    assert.match(String(((await wrong.json()) as { error: string }).error), /no class 'grey'/);
  });
});
