import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NdArray } from '../../graph/array.js';
import { runReference } from '../../graph/evaluate.js';
import { spread } from '../../primitives/define.js';
import { square, sum } from '../../primitives/index.js';
import { openOrt } from '../../runtime/testing.js';
import { gradients } from '../../transforms/grad.js';
import { gru, type InputType, type Layer, lstm, type RecurrentOptions, simpleRnn } from '../index.js';
import { traceLayer } from '../testing.js';

const kinds = { simpleRnn, gru, lstm } as const;

/** Sequences of 3, 1 and 2 steps, filled up to `time` steps with `filling`. */
function padded(time: number, filling: number): NdArray<'float32'> {
  const [steps, x] = [spread([3, 3, 2]), new NdArray('float32', [3, time, 2])];
  x.data.fill(filling);
  for (const [row, length] of [3, 1, 2].entries()) {
    x.data.set(steps.data.subarray(row * 6, row * 6 + length * 2), row * time * 2);
  }
  return x;
}

/** Outputs, and gradients of a sum of squares with respect to the inputs and all parameters. */
async function results(layer: Layer, x: NdArray, mask: NdArray): Promise<NdArray[]> {
  const variables = layer.init([x, mask], 1);
  const traced = traceLayer(layer, [x, mask], variables);
  const loss = sum(square(traced.output));
  const wanted = gradients(loss, [traced.inputs[0]!, ...traced.parameters]);
  return openOrt(traced.graph([traced.output, ...wanted]), traced.values, { extensions: true });
}

/** The first `steps` of [batch, time, ..]. */
const cut = (array: NdArray, steps: number): number[] => {
  const [batch, time, inner] = array.shape as [number, number, number];
  const values = array.toNumbers();
  return Array.from({ length: batch }, (_, row) =>
    values.slice(row * time * inner, (row * time + steps) * inner),
  ).flat();
};

describe('padding', () => {
  for (const [name, make] of Object.entries(kinds)) {
    for (const returned of ['all', 'last'] as const) {
      it(`changes no output and no gradient: ${name}, ${returned}`, async () => {
        const options: RecurrentOptions = { bidirectional: true, layers: 2, return: returned };
        const layer = make(2, options);
        const lengths = NdArray.from([3, 1, 2], 'int32');
        const mask = NdArray.from(
          [3, 1, 2].map((length) => Array.from({ length: 5 }, (_, step) => step < length)),
          'bool',
        );
        const [short, ...shortGradients] = await results(layer, padded(3, 0), lengths);
        for (const [x, what] of [
          [padded(5, 7), lengths],
          [padded(5, -100), mask],
        ] as const) {
          const [long, dx, ...longGradients] = await results(layer, x, what);
          assert.deepEqual(returned === 'all' ? cut(long!, 3) : long!.toNumbers(), cut3(short!, returned));
          assert.deepEqual(cut(dx!, 3), shortGradients[0]!.toNumbers());
          const [, ...weights] = shortGradients;
          for (const [i, weight] of weights.entries()) {
            for (const [k, value] of weight.toNumbers().entries()) {
              assert.ok(
                Math.abs(longGradients[i]!.toNumbers()[k]! - value) <= 1e-5 * Math.max(1, Math.abs(value)),
              );
            }
          }
          // What lies behind a sequence's end is 0, in the outputs and in the gradient.
          for (const array of returned === 'all' ? [long!, dx!] : [dx!]) {
            const behind = array.toNumbers().filter((_, i) => !mask.data[Math.floor(i / array.shape[2]!)]);
            assert.ok(behind.length > 0 && behind.every((value) => value === 0));
          }
        }
      });
    }
  }
});

const cut3 = (array: NdArray, returned: 'all' | 'last'): number[] =>
  returned === 'all' ? cut(array, 3) : array.toNumbers();

describe('recurrent layers', () => {
  it('drop out between layers, in training only', () => {
    const x = spread([2, 3, 2]);
    const [plain, dropping] = [lstm(4, { layers: 2 }), lstm(4, { layers: 2, dropout: 0.5 })];
    const variables = plain.init(x, 1);
    const run = (layer: Layer, training: boolean): number[] => {
      const { graph, output, values } = traceLayer(layer, [x], variables, { training });
      return runReference(graph([output]), values)[0]!.toNumbers();
    };
    assert.deepEqual(run(dropping, false), run(plain, false));
    assert.notDeepEqual(run(dropping, true), run(plain, true));
  });

  it('say what is wrong', () => {
    const init = (layer: Layer, ...inputs: InputType[]) => layer.init(inputs);
    assert.throws(() => lstm(0), /lstm: units must be a whole number of at least 1/);
    assert.throws(() => gru(2, { dropout: 1 }), /dropout/);
    assert.throws(() => simpleRnn(2, { activation: 'tahn' as never }), /no activation 'tahn'/);
    assert.throws(() => lstm(2).init({ shape: [2, 3] }), /\[batch, time, features\].*embedding\(\)/);
    const x = { shape: [2, 3, 4] };
    assert.throws(
      () => init(lstm(2), x, { dtype: 'int32', shape: [3] }),
      /lengths int32\[2\] or a mask bool\[2, 3\]/,
    );
    assert.throws(() => init(lstm(2), x, { shape: [2, 1, 2] }), /2 starting states of float32\[2, 1, 2\]/);
  });
});
