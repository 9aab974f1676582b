import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NdArray } from '../graph/array.js';
import { Random } from '../graph/random.js';
import { batchNorm, crossEntropy, dense, dropout, sequential, sgd } from '../index.js';
import { drawUniform } from '../primitives/random.js';
import { ortCpu } from '../runtime/ortNode.js';
import { viewsOf } from './engine/layout.js';
import { flatEvaluation, flatGradient, flatUpdate } from './flat.js';
import { initialVariables } from './modelInput.js';
import { layoutsOf, traceEvaluation, traceGradient } from './step.js';

const model = sequential(dense(5), batchNorm(), dense(3));
const types = {
  input: { dtype: 'float32', shape: [4, 2] },
  target: { dtype: 'int32', shape: [4] },
} as const;
const variables = initialVariables(model, types, 1);
const layouts = layoutsOf(variables);
const spec = { model, variables, loss: crossEntropy, metrics: [] };

const random = new Random(3);
function vector(size: number): NdArray<'float32'> {
  const array = new NdArray('float32', [size]);
  for (let i = 0; i < size; i++) array.data[i] = random.uniform(-1, 1);
  return array;
}

/** A batch with its weights. */
const batch = [vector(8), NdArray.from([0, 2, 1, 1], 'int32'), NdArray.from([0.25, 0.25, 0.25, 0.25])];
batch[0] = new NdArray('float32', [4, 2], batch[0]!.data as Float32Array<ArrayBuffer>);

async function run(
  graph: Parameters<typeof ortCpu.compile>[0],
  inputs: readonly NdArray[],
): Promise<NdArray[]> {
  const executable = await ortCpu.compile(graph);
  const outputs = await executable.run(inputs);
  await executable.release();
  return outputs;
}

const numbers = (array: NdArray | undefined): number[] => array!.toNumbers();

function near(found: readonly number[], expected: readonly number[]): void {
  assert.equal(found.length, expected.length);
  for (const [i, value] of expected.entries())
    assert.ok(Math.abs(found[i]! - value) < 1e-6, `${i}: ${found[i]} for ${value}`);
}

describe('graphs on vectors', () => {
  const parameters = vector(layouts.parameters.size);
  const state = vector(layouts.state.size);
  for (let i = 0; i < state.size; i++) state.data[i] = Math.abs(state.data[i]!);
  const arrays = [...viewsOf(layouts.parameters, parameters.data), ...viewsOf(layouts.state, state.data)];

  it('give gradients, state and extras at their places in a layout, zeros in the gaps', async () => {
    const traced = traceGradient(spec, types);
    const expected = await run(traced.graph, [
      ...arrays,
      ...batch,
      NdArray.from(1),
      NdArray.from([1, 2], 'int32'),
    ]);
    const { graph, onDevice } = flatGradient(traced, layouts);
    assert.deepEqual(onDevice, { held: 1, random: { takesKey: false, draws: [] } });
    const [results, extras] = await run(graph, [parameters, state, ...batch, NdArray.from(1)]);
    const whole = new Float32Array(layouts.parameters.size + layouts.state.size);
    const places = [
      ...layouts.parameters.places,
      ...layouts.state.places.map((place) => ({ ...place, offset: place.offset + layouts.parameters.size })),
    ];
    for (const [i, { offset }] of places.entries()) whole.set(expected[i]!.data as Float32Array, offset);
    near(numbers(results), [...whole]);
    near([numbers(extras)[0]!], numbers(expected[places.length]));
  });

  it('take the random numbers that their key would draw', async () => {
    const dropping = sequential(dense(5), dropout(0.5), dense(3));
    const own = initialVariables(dropping, types, 1);
    const [ownLayouts, ownSpec] = [layoutsOf(own), { ...spec, model: dropping, variables: own }];
    const traced = traceGradient(ownSpec, types);
    const values = vector(ownLayouts.parameters.size);
    const key = NdArray.from([5, 6], 'int32');
    const expected = await run(traced.graph, [
      ...viewsOf(ownLayouts.parameters, values.data),
      ...batch,
      NdArray.from(1),
      key,
    ]);
    const { graph, onDevice } = flatGradient(traced, ownLayouts);
    const { takesKey, draws } = onDevice.random!;
    assert.equal(takesKey, false);
    const drawn = draws.map(({ salt, size }) => {
      const numbers = new Float32Array(size);
      drawUniform(key.data, salt, numbers);
      return [...numbers];
    });
    const [results, extras] = await run(graph, [
      values,
      ...batch,
      NdArray.from(1),
      NdArray.from(drawn.flat()),
    ]);
    const whole = new Float32Array(ownLayouts.parameters.size);
    for (const [i, { offset }] of ownLayouts.parameters.places.entries())
      whole.set(expected[i]!.data as Float32Array, offset);
    near(numbers(results), [...whole]);
    near([numbers(extras)[0]!], numbers(expected.at(-1)));
  });

  it('give extras as a vector and predictions as they are, when they evaluate', async () => {
    const traced = traceEvaluation(spec, types, { predictions: true });
    const [loss, predictions] = await run(traced.graph, [...arrays, ...batch]);
    const found = await run(flatEvaluation(traced, layouts).graph, [parameters, state, ...batch]);
    near([numbers(found[0])[0]!], numbers(loss));
    near(numbers(found[1]), numbers(predictions));
  });

  it('train a stretch of the parameters on a shortened gradient, and keep the rest', async () => {
    const [start, end] = [16, 32];
    const { parameters: flat } = layouts;
    const graph = flatUpdate(sgd(1), layouts, [start, end], { clipNorm: 0.5, average: 0.75 });
    const [average, results] = [vector(flat.size), vector(flat.size + layouts.state.size)];
    const outputs = await run(graph, [parameters, average, results, NdArray.from(0.1)]);
    const gradient = [...results.data.subarray(0, flat.size)];
    const length = Math.sqrt(gradient.reduce((sum, value) => sum + value * value, 0));
    const scale = 0.5 / (length + 1e-6);
    const within = (i: number): boolean => i >= start && i < end;
    const moved = gradient.map((g, i) => parameters.data[i]! - (within(i) ? 0.1 * scale * g : 0));
    near(numbers(outputs[0]), moved);
    near(
      numbers(outputs[1]),
      moved.map((value, i) => (within(i) ? 0.75 * average.data[i]! + 0.25 * value : average.data[i]!)),
    );
    near(numbers(outputs[2]), [...results.data.subarray(flat.size)]);
    near(numbers(outputs[3]), [length]);
  });
});
