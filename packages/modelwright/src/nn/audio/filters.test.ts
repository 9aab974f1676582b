import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NdArray } from '../../graph/array.js';
import { runReference } from '../../graph/evaluate.js';
import { Graph } from '../../graph/graph.js';
import { input } from '../../graph/tensor.js';
import { openOrt } from '../../runtime/testing.js';
import { readFixture } from '../../testing/fixture.js';
import { type Layer, melSpectrogram, mfcc } from '../index.js';
import { cosineTransform, hannWindow, hzToMel, melFilters, melToHz } from './filters.js';

interface Values {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

const librosa = readFixture<
  Readonly<Record<'slaney' | 'htk' | 'power' | 'decibel' | 'window' | 'mfcc', Values>>
>(import.meta.url, 'fixtures/librosa_audio.json');

const rate = 8000;
const sound = NdArray.of(
  'float32',
  [1, 1200],
  Array.from({ length: 1200 }, (_, i) => {
    const time = i / rate;
    return (
      0.5 * Math.sin(2 * Math.PI * (300 + 2000 * time) * time) + 0.2 * Math.sin(2 * Math.PI * 1234 * time)
    );
  }),
);

function near(actual: ArrayLike<number>, expected: readonly number[], tolerance: number): void {
  assert.equal(actual.length, expected.length);
  const largest = Math.max(...expected.map(Math.abs));
  for (const [i, value] of expected.entries())
    assert.ok(Math.abs(actual[i]! - value) <= tolerance * largest, `${i}: ${actual[i]}, expected ${value}`);
}

/** What a layer makes of the sound, its length left open. */
async function run(layer: Layer): Promise<NdArray> {
  const x = input('x', 'float32', ['batch', 'samples']);
  const [result] = await openOrt(new Graph([x], [layer.apply({}, x)]), [sound]);
  return result!;
}

describe('filters', () => {
  it('are those of librosa, on both scales', () => {
    const options = { sampleRate: rate, fftSize: 64, mels: 10 };
    const slaney = melFilters({ ...options, lowest: 0, highest: 4000, scale: 'slaney', normalized: true });
    near(
      slaney.flatMap((filter) => [...filter]),
      librosa.slaney.data,
      1e-5,
    );
    const htk = melFilters({ ...options, lowest: 100, highest: 3000, scale: 'htk', normalized: false });
    near(
      htk.flatMap((filter) => [...filter]),
      librosa.htk.data,
      1e-5,
    );
  });

  it('measure pitch by the published formulas, and back', () => {
    assert.ok(Math.abs(hzToMel(1000, 'htk') - 999.9855) < 1e-3);
    assert.equal(hzToMel(1000, 'slaney'), 15);
    for (const scale of ['htk', 'slaney'] as const)
      for (const hz of [0, 440, 1000, 5000])
        assert.ok(Math.abs(melToHz(hzToMel(hz, scale), scale) - hz) < 1e-9);
  });

  it('have a periodic window and an orthonormal cosine transform', () => {
    assert.deepEqual(
      [...hannWindow(4)].map((value) => Math.round(1e9 * value) / 1e9),
      [0, 0.5, 1, 0.5],
    );
    const rows = cosineTransform(4, 4).toNumbers();
    for (let i = 0; i < 4; i++) {
      for (let j = 0; j < 4; j++) {
        let dot = 0;
        for (let k = 0; k < 4; k++) dot += rows[4 * i + k]! * rows[4 * j + k]!;
        assert.ok(Math.abs(dot - Number(i === j)) < 1e-6);
      }
    }
  });
});

describe('layers of sound agree with librosa in ONNX Runtime, the length left open', () => {
  const options = { sampleRate: rate, fftSize: 256, hop: 80, mels: 20 };
  const cases: readonly [string, Layer, Values][] = [
    ['power', melSpectrogram({ ...options, log: 'none' }), librosa.power],
    ['decibel', melSpectrogram({ ...options, log: 'decibel', range: 80 }), librosa.decibel],
    [
      'a short window, not centred, htk',
      melSpectrogram({ ...options, windowSize: 200, scale: 'htk', centred: false, log: 'none' }),
      librosa.window,
    ],
    ['cepstral coefficients', mfcc({ ...options, coefficients: 13 }), librosa.mfcc],
  ];
  for (const [name, layer, expected] of cases) {
    it(name, async () => {
      const result = await run(layer);
      assert.deepEqual(result.shape, [1, ...expected.shape]);
      near(result.toNumbers(), expected.data, 2e-5);
    });
  }

  it('refuse what has no meaning, and sound shorter than a window', () => {
    const x = input('x', 'float32', [1, 100]);
    assert.throws(() => melSpectrogram({ ...options, hop: 0 }), /hop must be a whole number/);
    assert.throws(() => melSpectrogram({ ...options, windowSize: 257 }), /windowSize must be/);
    assert.throws(() => melSpectrogram({ ...options, highest: 5000 }), /highest must be/);
    assert.throws(() => mfcc({ ...options, coefficients: 21 }), /coefficients must be/);
    assert.throws(
      () => melSpectrogram({ ...options, centred: false }).apply({}, x),
      /100 samples are less than one window of 256/,
    );
    assert.throws(
      () => melSpectrogram(options).apply({}, input('x', 'float32', [1, 1, 100])),
      /expected sound \[batch, samples\]/,
    );
  });

  it('give silence the least level', () => {
    const layer = melSpectrogram({ ...options, floor: 1e-5 });
    const x = input('x', 'float32', [1, 400]);
    const [silent] = runReference(new Graph([x], [layer.apply({}, x)]), [new NdArray('float32', [1, 400])]);
    assert.ok(silent!.toNumbers().every((value) => Math.abs(value - Math.log(1e-5)) < 1e-5));
  });
});
