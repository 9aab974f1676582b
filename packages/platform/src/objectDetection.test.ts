// A detector on the command line and over HTTP.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { decodeImage, encodePng } from 'modelwright/data';
import { lastLineJson, run } from './cli/testing.js';
import { createApp } from './server/app.js';
import { serveModel } from './server/servedModel.js';
import { plainImage, saveLightDetector } from './testing.js';

let folder = '';
let model = '';
let bright: Uint8Array;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'modelwright-detector-'));
  model = join(folder, 'light');
  await saveLightDetector(model);
  bright = await encodePng(plainImage(204, 3, 30, 40));
});
after(() => rm(folder, { recursive: true }));

describe('predict', () => {
  it('tells what is found and where, and draws it', async () => {
    const picture = join(folder, 'bright.png');
    const dark = join(folder, 'dark.png');
    await writeFile(picture, bright);
    await writeFile(dark, await encodePng(plainImage(20, 3, 30, 40)));
    const pictures = join(folder, 'drawn');
    const { status, stdout, stderr } = await run([
      'predict',
      model,
      picture,
      dark,
      '--out',
      pictures,
      '--json',
    ]);
    assert.equal(status, 0, stderr);
    const { results } = lastLineJson(stdout) as { results: Record<string, unknown>[] };
    const [found, nothing] = results;
    const [light] = found!.detections as { label: string; score: number; box: number[] }[];
    assert.deepEqual([light!.label, light!.box], ['light', [0, 0, 20, 30]]);
    assert.ok(Math.abs(light!.score - 0.8) < 1e-6);
    assert.deepEqual([found!.width, found!.height, nothing!.detections], [40, 30, []]);
    assert.equal(found!.picture, join(pictures, 'bright.boxes.png'));
    const drawn = await decodeImage(await readFile(join(pictures, 'bright.boxes.png')));
    assert.deepEqual(drawn.shape, [3, 30, 40]);
    assert.notDeepEqual(drawn.data, (await decodeImage(bright)).data);
  });

  it('leaves out what scores less than asked, and draws nothing where that is asked', async () => {
    const { stdout } = await run(['predict', model, '-', '--threshold', '0.9', '--no-pictures'], {
      input: bright,
    });
    assert.equal(stdout, 'nothing found\n');
    const { stdout: text } = await run(['predict', model, '-', '--no-pictures'], { input: bright });
    assert.equal(text, '0.80  light  0 0 20 30\n');
  });
});

describe('POST /predict', () => {
  it('takes a picture and gives the objects on it', async () => {
    const served = await serveModel(model, { replicas: 1 });
    const app = createApp({ models: [served] });
    const post = (path: string) =>
      app.request(path, {
        method: 'POST',
        body: Buffer.from(bright),
        headers: { 'Content-Type': 'image/png' },
      });
    const answer = (await (await post('/predict')).json()) as Record<string, unknown>;
    const [light] = answer.detections as { label: string; box: number[] }[];
    assert.deepEqual(
      [answer.width, answer.height, light!.label, light!.box],
      [40, 30, 'light', [0, 0, 20, 30]],
    );
    assert.deepEqual(((await (await post('/predict?threshold=0.9')).json()) as typeof answer).detections, []);
    const wrong = await post('/predict?threshold=2');
    assert.equal(wrong.status, 400);
    assert.match(await wrong.text(), /threshold should be a number from 0 to 1, but it is '2'/);
    await served.release();
  });
});
