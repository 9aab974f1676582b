// The way from sound files to predictions, on the command line and over HTTP.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { encodeWav, tone } from 'modelwright/data';
import { createApp } from '../server/app.js';
import { serve } from '../server/serve.js';
import { type ServedModel, serveModel } from '../server/servedModel.js';
import { launchBrowser, noBrowser } from '../testing/browser.js';
import { lastLineJson, run } from './testing.js';

interface Predicted {
  readonly predictions: readonly { readonly label: string; readonly probability: number }[];
}

describe('audio classification', () => {
  let folder = '';
  let out = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'modelwright-tones-'));
    out = join(folder, 'model');
    for (const [label, hz] of [
      ['high', 2000],
      ['low', 300],
    ] as const) {
      await mkdir(join(folder, 'tones', label), { recursive: true });
      for (let i = 0; i < 16; i++) {
        const clip = tone(hz * (1 + 0.02 * i), 0.2, 8000);
        await writeFile(join(folder, 'tones', label, `${i}.wav`), encodeWav(clip));
      }
    }
    const { status, stderr } = await run([
      ...['train', 'audio-classification', '--data', join(folder, 'tones'), '--out', out, '--json'],
      ...['--epochs', '8', '--batch-size', '8', '--validation-split', '0.25'],
    ]);
    assert.equal(status, 0, stderr);
    assert.match(stderr, /^audio-cnn: [\d,]+ parameters, 2 classes, 24 examples to learn from, 8 held out\n/);
  });
  after(() => rm(folder, { recursive: true }));

  it('measures and predicts on the command line', async () => {
    const evaluated = await run(['evaluate', out, '--data', join(folder, 'tones'), '--json']);
    const { metrics, examples } = lastLineJson(evaluated.stdout) as {
      metrics: Record<string, number>;
      examples: number;
    };
    assert.equal(examples, 32);
    assert.equal(metrics.accuracy, 1);
    const file = join(folder, 'tones', 'low', '3.wav');
    const predicted = await run(['predict', out, file, join(folder, 'none.wav'), '--json']);
    assert.equal(predicted.status, 1);
    const { results } = lastLineJson(predicted.stdout) as { results: [Predicted, { error: string }] };
    assert.equal(results[0].predictions[0]!.label, 'low');
    assert.match(results[1].error, /none\.wav/);
  });

  it('answers over HTTP', async () => {
    const model: ServedModel = await serveModel(out, { name: 'tones', replicas: 1 });
    const app = createApp({ models: [model] });
    const ask = async (
      body: string | FormData | Buffer,
      type?: string,
    ): Promise<[number, Predicted & { error?: string }]> => {
      const headers: Record<string, string> = type === undefined ? {} : { 'Content-Type': type };
      const response = await app.request('/models/tones/predict?top=1', {
        method: 'POST',
        body,
        headers,
      } as RequestInit);
      return [response.status, (await response.json()) as Predicted & { error?: string }];
    };
    const wav = await readFile(join(folder, 'tones', 'high', '5.wav'));
    const form = new FormData();
    form.set('file', new File([wav], 'a.wav'));
    for (const [status, { predictions }] of [await ask(wav, 'audio/wav'), await ask(form)]) {
      assert.equal(status, 200);
      assert.deepEqual(
        predictions.map(({ label }) => label),
        ['high'],
      );
    }
    for (const [body, type, wanted, message] of [
      ['hello', 'audio/wav', 400, /no sound that is known: it starts with the bytes 68 65 6c 6c/],
      ['', 'audio/wav', 400, /the sound is empty/],
      [wav.subarray(0, 100), 'application/octet-stream', 400, /promises 3200 bytes of sound/],
      ['{}', 'application/json', 415, /A sound is expected, not application\/json/],
      [new FormData(), undefined, 400, /The form has no file\. Send the sound/],
    ] as const) {
      const [status, { error }] = await ask(body, type);
      assert.match(String(error), message);
      assert.equal(status, wanted);
    }
    await model.release();
  });

  it('says what a sound is on the page', { skip: noBrowser }, async () => {
    const server = await serve({ models: [await serveModel(out, { name: 'tones', replicas: 1 })], port: 0 });
    const browser = await launchBrowser();
    try {
      const page = await browser.newPage();
      await page.goto(server.url);
      await page.getByText('Play the model a sound').waitFor();
      for (const label of ['low', 'high']) {
        await page.locator('#upload').setInputFiles(join(folder, 'tones', label, '7.wav'));
        await page.locator('#answer', { hasText: label }).waitFor();
      }
    } finally {
      await browser.close();
      await server.close();
    }
  });
});
