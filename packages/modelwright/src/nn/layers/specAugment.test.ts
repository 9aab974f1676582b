import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NdArray } from '../../graph/array.js';
import { runReference } from '../../graph/evaluate.js';
import { Graph } from '../../graph/graph.js';
import { input } from '../../graph/tensor.js';
import { randomKey } from '../../primitives/index.js';
import { type Layer, specAugment, warpFrequency } from '../index.js';

const [batch, rows, frames] = [60, 12, 20];

/** What a layer makes of spectrograms in training. */
function train(layer: Layer, spectrograms: NdArray): number[][][] {
  const x = input('x', 'float32', spectrograms.shape);
  const key = input('key', 'int32', [2]);
  const graph = new Graph([x, key], [layer.apply({}, x, { training: true, key })]);
  const values = runReference(graph, [spectrograms, randomKey(3)])[0]!.toNumbers();
  const [, height, width] = spectrograms.shape as [number, number, number];
  const row = (example: number, i: number): number[] =>
    values.slice((example * height + i) * width, (example * height + i + 1) * width);
  return Array.from({ length: spectrograms.shape[0]! }, (_, example) =>
    Array.from({ length: height }, (_, i) => row(example, i)),
  );
}

const filled = (shape: readonly number[], value: (i: number) => number): NdArray =>
  NdArray.of(
    'float32',
    shape,
    Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => value(i)),
  );

describe('specAugment', () => {
  const ones = filled([batch, rows, frames], () => 1);

  it('hides whole rows and frames within its bounds, different ones in each example', () => {
    const layer = specAugment({ frequencyMasks: 1, frequencyWidth: 4, timeMasks: 1, timeWidth: 6 });
    const sizes = new Map<string, number>();
    for (const spectrogram of train(layer, ones)) {
      const hiddenRows = spectrogram.flatMap((row, i) => (row.every((value) => value === 0) ? [i] : []));
      const hiddenFrames = spectrogram[0]!.flatMap((_, i) =>
        spectrogram.every((row) => row[i] === 0) ? [i] : [],
      );
      for (const hidden of [hiddenRows, hiddenFrames])
        if (hidden.length > 0) assert.equal(hidden.at(-1)! - hidden[0]! + 1, hidden.length, 'one stretch');
      assert.ok(hiddenRows.length <= 4 && hiddenFrames.length <= 6);
      const shown = spectrogram.flat().filter((value) => value === 1).length;
      assert.equal(shown, (rows - hiddenRows.length) * (frames - hiddenFrames.length));
      sizes.set(`${hiddenRows} ${hiddenFrames}`, 1);
    }
    assert.ok(sizes.size > batch / 2, 'the masks differ');
  });

  it('changes nothing outside training, and refuses what has no meaning', () => {
    const x = input('x', 'float32', ['batch', rows, 'frames']);
    assert.equal(specAugment().apply({}, x), x);
    assert.throws(() => specAugment({ timeWidth: -1 }), /timeWidth must be a whole number/);
    assert.throws(() => specAugment().apply({}, input('x', 'float32', [2, 3])), /expected spectrograms/);
  });
});

describe('warpFrequency', () => {
  it('reads each row from a place on a line, the ends going on', () => {
    const ramp = filled([batch, rows, 1], (i) => i % rows);
    const [stretch, shift] = [0.2, 2];
    let lowest = Number.POSITIVE_INFINITY;
    let highest = Number.NEGATIVE_INFINITY;
    for (const spectrogram of train(warpFrequency({ stretch, shift }), ramp)) {
      const read = spectrogram.map(([value]) => value!);
      const steps = read.slice(1).map((value, i) => value - read[i]!);
      const inner = steps.filter((_, i) => read[i]! > 0 && read[i + 1]! < rows - 1);
      for (const step of inner) assert.ok(Math.abs(step - inner[0]!) < 1e-4, 'evenly apart');
      assert.ok(inner[0]! >= 1 - stretch - 1e-4 && inner[0]! <= 1 + stretch + 1e-4);
      assert.ok(read.every((value) => value >= 0 && value <= rows - 1));
      lowest = Math.min(lowest, inner[0]!);
      highest = Math.max(highest, inner[0]!);
    }
    assert.ok(highest - lowest > stretch, 'examples are stretched differently');
  });

  it('changes nothing outside training', () => {
    const x = input('x', 'float32', ['batch', rows, 'frames']);
    assert.equal(warpFrequency().apply({}, x), x);
    assert.throws(() => warpFrequency({ stretch: 1 }), /stretch must be/);
  });
});
