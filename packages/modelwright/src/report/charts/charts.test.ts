import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { build } from 'esbuild';
import sharp from 'sharp';
import { expectedCalibrationError } from '../../nn/metrics/calibration.js';
import type { History } from '../history.js';
import { calibrationSvg, confusionMatrixSvg, curvesSvg, rocSvg } from './index.js';

/** Draws the SVG, which fails unless it is well-formed, and gives the colour of one pixel. */
async function pixel(svg: string, x: number, y: number): Promise<number[]> {
  const { data, info } = await sharp(Buffer.from(svg))
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return [...data.subarray((y * info.width + x) * 3, (y * info.width + x) * 3 + 3)];
}

/** The texts of an SVG with their places, XML entities resolved. */
function texts(svg: string): { text: string; x: number; y: number }[] {
  return [...svg.matchAll(/<text ([^>]*)>([^<]*)<\/text>/g)].map(([, attributes, text]) => {
    const place = /translate\(([\d.-]+)[ ,]([\d.-]+)\)/.exec(attributes!) ?? [];
    const x = Number(/ x="([\d.-]+)"/.exec(attributes!)?.[1] ?? 0) + Number(place[1] ?? 0);
    const y = Number(/ y="([\d.-]+)"/.exec(attributes!)?.[1] ?? 0) + Number(place[2] ?? 0);
    return {
      text: text!
        .replaceAll('&lt;', '<')
        .replaceAll('&gt;', '>')
        .replaceAll('&quot;', '"')
        .replaceAll('&amp;', '&'),
      x,
      y,
    };
  });
}

const words = (svg: string): string[] => texts(svg).map(({ text }) => text);

const white = [255, 255, 255];

describe('curvesSvg', () => {
  const history: History = {
    epochs: [3, 1, 2].map((loss, i) => ({
      epoch: i + 1,
      step: i,
      seconds: 1,
      learningRate: 1,
      train: { loss: 3 - i, f1: i / 2 },
      validation: { loss },
    })),
  };

  it('draws a panel for each metric and marks the best epoch by the validation data', async () => {
    const svg = await curvesSvg(history);
    assert.deepEqual(await pixel(svg, 1, 1), white);
    const found = words(svg);
    for (const text of [
      'Training curves',
      'loss',
      'F1',
      'training',
      'validation',
      'best: epoch 2 (1.0000)',
      'best: epoch 3 (1.0000)',
    ]) {
      assert.ok(found.includes(text), `${text} is not among ${found.join(', ')}`);
    }
  });

  it('speaks Chinese', async () => {
    const found = words(await curvesSvg(history, { language: 'zh', metrics: ['loss'] }));
    for (const text of ['训练曲线', '损失', '训练', '验证', '最佳: 轮次 2 (1.0000)'])
      assert.ok(found.includes(text), text);
    assert.ok(!found.includes('f1'));
  });

  it('draws one epoch, and refuses none and unknown metrics', async () => {
    await pixel(await curvesSvg({ epochs: history.epochs.slice(0, 1) }), 0, 0);
    await assert.rejects(curvesSvg({ epochs: [] }), /there is no metric to draw.*0 epochs/);
    await assert.rejects(
      curvesSvg(history, { metrics: ['bleu'] }),
      /no epoch has the metric 'bleu'.*loss, f1/,
    );
  });
});

describe('confusionMatrixSvg', () => {
  it('colours a cell by its share of the row, whatever the row holds', async () => {
    const svg = await confusionMatrixSvg(
      [
        [50_000, 0, 0],
        [0, 2, 2],
        [0, 0, 0],
      ],
      ['<a> & "b"', 'dog', '马'],
    );
    const at = async (text: string): Promise<number[]> => {
      const cell = texts(svg).find((one) => one.text === text)!;
      return pixel(svg, Math.round(cell.x) + 25, Math.round(cell.y) + 20);
    };
    assert.deepEqual(await at('50000'), [0x08, 0x30, 0x6b]); // all of its row: the darkest blue
    assert.deepEqual(await at('0'), [0xf7, 0xfb, 0xff]); // nothing: the lightest
    assert.deepEqual(await at('2'), [0x6b, 0xae, 0xd6]); // half: the middle one
    for (const name of ['<a> & "b"', 'dog', '马', 'Actual class', 'Predicted class'])
      assert.ok(words(svg).includes(name), name);
  });

  it('puts actual classes in rows and predicted ones in columns', async () => {
    const found = texts(
      await confusionMatrixSvg(
        [
          [11, 12],
          [21, 22],
        ],
        ['x', 'y'],
      ),
    );
    const place = (text: string) => found.find((one) => one.text === text)!;
    assert.ok(place('11').x < place('12').x && place('11').y === place('12').y);
    assert.ok(place('11').y < place('21').y && place('11').x === place('21').x);
  });

  it('keeps every name and count of thirty classes inside the picture', async () => {
    const names = Array.from({ length: 30 }, (_, i) => `class number ${i} with a long name`);
    const matrix = names.map((_, i) => names.map((_, j) => (i === j ? 123_456 : 0)));
    const svg = await confusionMatrixSvg(matrix, names);
    const found = texts(svg);
    assert.equal(found.filter(({ text }) => text === '123k').length, 30);
    assert.equal(found.filter(({ text }) => text.startsWith('class number')).length, 60);
    const { width = 0, height = 0 } = await sharp(Buffer.from(svg)).metadata();
    assert.ok(width <= 1300 && height <= 1300, `${width} x ${height}`);
    assert.deepEqual(await pixel(svg, 2, height - 2), white);
  });

  it('refuses a matrix that is not square or not named', async () => {
    await assert.rejects(
      confusionMatrixSvg([[1, 2]], ['a', 'b']),
      /2 class names need .* but it is \[1, 2\]/,
    );
    await assert.rejects(confusionMatrixSvg([], []), RangeError);
  });
});

describe('calibrationSvg', () => {
  it('gives the expected calibration error by its formula', async () => {
    const bins = [
      { confidence: 0.6, accuracy: 0.5, count: 30 },
      { confidence: 0.9, accuracy: 0.95, count: 10 },
      { confidence: 0, accuracy: 0, count: 0 },
    ];
    assert.ok(Math.abs(expectedCalibrationError(bins) - (0.75 * 0.1 + 0.25 * 0.05)) < 1e-12);
    const svg = await calibrationSvg(bins);
    assert.ok(words(svg).includes('expected calibration error: 0.0875; area of a point: number of examples'));
    assert.deepEqual(await pixel(svg, 1, 1), white);
  });
});

describe('rocSvg', () => {
  it('gives each curve its area and refuses lists of different length', async () => {
    const perfect = { name: 'cat', falsePositiveRate: [0, 0, 1], truePositiveRate: [0, 1, 1] };
    const svg = await rocSvg([perfect, { name: 'dog', falsePositiveRate: [0, 1], truePositiveRate: [0, 1] }]);
    assert.ok(words(svg).includes('cat (AUC 1.0000)'));
    assert.ok(words(svg).includes('dog (AUC 0.5000)'));
    await assert.rejects(
      rocSvg([{ ...perfect, truePositiveRate: [0, 1] }]),
      /'cat' has 3 false positive rates but 2/,
    );
  });
});

it('the whole room bundles for browsers, where Node modules do not exist', async () => {
  const entry = new URL('../index.js', import.meta.url).pathname;
  const { errors } = await build({
    entryPoints: [entry],
    bundle: true,
    platform: 'browser',
    format: 'esm',
    write: false,
    logLevel: 'silent',
  });
  assert.deepEqual(errors, []);
});
