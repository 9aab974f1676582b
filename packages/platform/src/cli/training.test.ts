import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { encodePng } from 'modelwright/data';
import { plainImage } from '../testing.js';
import { lastLineJson, outcomeOf, run, start } from './testing.js';

// Dark and bright pictures, which any network learns to tell apart.
describe('the way from pictures to predictions', () => {
  let folder = '';
  let photos = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'modelwright-training-'));
    photos = join(folder, 'photos');
    for (const [name, from] of [
      ['bright', 190],
      ['dark', 20],
    ] as const) {
      await mkdir(join(photos, name), { recursive: true });
      for (let i = 0; i < 20; i++)
        await writeFile(join(photos, name, `${i}.png`), await encodePng(plainImage(from + 2 * i, 3, 12, 12)));
    }
  });
  after(() => rm(folder, { recursive: true }));

  const training = (out: string, ...more: string[]): string[] => [
    ...[
      'train',
      'image-classification',
      '--data',
      photos,
      '--out',
      out,
      '--model',
      'mlp',
      '--image-size',
      '8',
    ],
    ...['--batch-size', '8', '--seed', '3', '--json', ...more],
  ];

  it('trains, saves, says what it is, measures and predicts', async () => {
    const out = join(folder, 'model');
    const trained = await run(training(out, '--epochs', '12', '--validation-split', '0.25'));
    assert.equal(trained.status, 0, trained.stderr);
    const { metrics, seconds, ...rest } = lastLineJson(trained.stdout) as {
      metrics: Record<string, number>;
      seconds: number;
    };
    assert.deepEqual(rest, { task: 'image-classification', model: 'mlp', seed: 3, epochs: 12, out });
    assert.equal(metrics.accuracy, 1);
    assert.ok(seconds > 0);
    assert.match(
      trained.stderr,
      /^mlp: [\d,]+ parameters, 2 classes, 30 examples to learn from, 10 held out\n/,
    );
    assert.match(trained.stderr, /^epoch 12\/12 .*loss/m);

    const info = await run(['info', out]);
    assert.match(info.stdout, /^classes +2 \(bright, dark\)$/m);
    assert.match(info.stdout, /^validation +.*accuracy 1/m);

    const evaluated = await run(['evaluate', out, '--data', photos]);
    assert.match(evaluated.stdout, /^40 examples of .*photos: .*accuracy 1/);
    assert.match(evaluated.stdout, /^bright +20 +0 +100.0%$/m);
    const measured = lastLineJson((await run(['evaluate', out, '--data', photos, '--json'])).stdout);
    assert.deepEqual(measured.confusionMatrix, [
      [20, 0],
      [0, 20],
    ]);

    const predicted = await run(['predict', out, join(photos, 'dark', '0.png'), '--json']);
    const { results } = lastLineJson(predicted.stdout) as { results: { predictions: { label: string }[] }[] };
    assert.equal(results[0]!.predictions[0]!.label, 'dark');
  });

  it('keeps what it has learnt when it is interrupted, and goes on from there', async () => {
    const out = join(folder, 'interrupted');
    const child = start(training(out, '--epochs', '2000'));
    const outcome = outcomeOf(child);
    child.stderr.on('data', (text: string) => {
      if (/epoch 2\/2000/.test(text)) child.kill('SIGINT');
    });
    const { status, stdout, stderr } = await outcome;
    assert.equal(status, 130, stderr);
    assert.match(stderr, /--resume goes on from here/);
    const { epochs } = lastLineJson(stdout) as { epochs: number };
    assert.ok(epochs >= 2 && epochs < 2000, `${epochs}`);
    assert.ok(existsSync(join(out, 'onnx', 'model.onnx')));
    const resumed = await run(training(out, '--epochs', String(epochs + 2), '--resume'));
    assert.equal(resumed.status, 0, resumed.stderr);
    assert.equal(lastLineJson(resumed.stdout).epochs, epochs + 2);
    assert.doesNotMatch(resumed.stderr, /epoch 1\//);
  });

  it('says before it begins that a folder of other things is no place for a model', async () => {
    const { status, stderr } = await run(training(photos, '--epochs', '1'));
    assert.equal(status, 1);
    assert.match(stderr, /^modelwright: .*photos is not empty and holds no saved model: .*\n$/);
  });
});
