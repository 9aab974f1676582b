import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NdArray } from '../graph/array.js';
import { evaluateReference } from '../graph/evaluate.js';
import { checkGraph, Graph } from '../graph/graph.js';
import { input, type ReferenceValue, type Tensor } from '../graph/tensor.js';
import { openOrt } from '../runtime/testing.js';
import { assertNear } from '../testing/compare.js';
import { readFixture } from '../testing/fixture.js';
import {
  adam,
  adamW,
  cosineDecay,
  learningRateOf,
  lion,
  type Optimizer,
  optimizerFromJson,
  optimizers,
  optimizerToJson,
  sgd,
} from './index.js';

interface Case {
  readonly type: string;
  readonly learningRate: number;
  readonly config: Record<string, number | boolean>;
  readonly first: number[];
  readonly last: number[];
}

const fixture = readFixture<{ start: number[]; gradients: number[][]; cases: Case[] }>(
  import.meta.url,
  'fixtures/optimizers.json',
);
const size = fixture.start.length;

/** The update as a graph. Inputs: parameter, slots, gradient, scalars. Outputs: parameter, slots. */
function updateGraph(optimizer: Optimizer): { graph: Graph; names: string[] } {
  const vector = (name: string): Tensor => input(name, 'float32', [size]);
  const [parameter, gradient] = [vector('parameter'), vector('gradient')];
  const slots = optimizer.slots.map(({ name }) => vector(name));
  const names = Object.keys(optimizer.hyperparameters(1, 1));
  const scalars = names.map((name) => input(name, 'float32', []));
  const hyper = Object.fromEntries(names.map((name, i) => [name, scalars[i]!]));
  const updated = optimizer.update({ parameter, gradient, slots, hyper });
  const graph = new Graph([parameter, ...slots, gradient, ...scalars], [updated.parameter, ...updated.slots]);
  checkGraph(graph);
  return { graph, names };
}

type Runner = (graph: Graph, inputs: readonly ReferenceValue[]) => Promise<readonly ReferenceValue[]>;

const byReference: Runner = async (graph, inputs) => evaluateReference(graph, inputs);

const byOrt: Runner = async (graph, inputs) => {
  const arrays = inputs.map(({ shape, data }) => NdArray.of('float32', shape, data));
  const outputs = await openOrt(graph, arrays);
  return outputs.map((array) => ({ shape: array.shape, data: Float64Array.from(array.toNumbers()) }));
};

/** The parameters after each step. */
async function train(optimizer: Optimizer, run: Runner): Promise<number[][]> {
  const { graph, names } = updateGraph(optimizer);
  const value = (data: readonly number[], shape = [size]): ReferenceValue => ({
    shape,
    data: Float64Array.from(data),
  });
  let state: readonly ReferenceValue[] = [
    value(fixture.start),
    ...optimizer.slots.map(({ initial }) => value(new Array<number>(size).fill(initial))),
  ];
  const history: number[][] = [];
  for (const [position, gradient] of fixture.gradients.entries()) {
    const step = position + 1;
    const hyper = optimizer.hyperparameters(step, learningRateOf(optimizer, step));
    const scalars = names.map((name) => value([hyper[name]!], []));
    state = await run(graph, [...state, value(gradient), ...scalars]);
    history.push([...state[0]!.data]);
  }
  return history;
}

for (const type of Object.keys(optimizers)) {
  describe(type, () => {
    const own = fixture.cases.filter((sample) => sample.type === type);

    it('has cases made by PyTorch', () => assert.ok(own.length > 0));

    for (const { learningRate, config, first, last } of own) {
      const optimizer = optimizerFromJson({ type, learningRate, config });

      it(`${JSON.stringify(config)}: 1 and 20 steps as in PyTorch, in double precision`, async () => {
        const history = await train(optimizer, byReference);
        // The constants of the graph are float32.
        assertNear(history[0]!, first, 1e-7, 'after 1 step');
        assertNear(history.at(-1)!, last, 2e-6, 'after 20 steps');
      });

      it(`${JSON.stringify(config)}: 1 and 20 steps as in PyTorch, in ONNX Runtime`, async () => {
        const history = await train(optimizer, byOrt);
        assertNear(history[0]!, first, 1e-5, 'after 1 step');
        assertNear(history.at(-1)!, last, 1e-4, 'after 20 steps');
      });
    }
  });
}

describe('optimisers', () => {
  it('survive JSON with their options and schedule', () => {
    const optimizer = adamW(cosineDecay(0.1, { steps: 100, warmup: 10 }), { weightDecay: 0.3 });
    const json = JSON.parse(JSON.stringify(optimizerToJson(optimizer)));
    const back = optimizerFromJson(json);
    assert.deepEqual(optimizerToJson(back), json);
    for (const step of [1, 5, 50, 100]) {
      assert.equal(learningRateOf(back, step), learningRateOf(optimizer, step));
    }
    assert.equal(back.config.weightDecay, 0.3);
    assert.equal(back.config.beta2, 0.999);
    assert.throws(() => optimizerToJson(adam((step) => 1 / (step + 1))), /function of your own/);
    assert.throws(
      () => optimizerFromJson({ type: 'valueOf', learningRate: 1, config: {} }),
      /no optimiser called/,
    );
  });

  it('count steps from 1 and schedules from 0', () => {
    assert.equal(
      learningRateOf(
        sgd((step) => step * 2),
        1,
      ),
      0,
    );
    assert.equal(
      learningRateOf(
        sgd((step) => step * 2),
        3,
      ),
      4,
    );
  });

  it('keep to the number of passes they promise', () => {
    const passes = (optimizer: Optimizer): number =>
      updateGraph(optimizer).graph.nodes.filter(({ outputs }) => outputs[0]!.rank === 1).length;
    assert.equal(passes(sgd()), 2);
    assert.equal(passes(sgd(0.1, { momentum: 0.9 })), 4);
    assert.equal(passes(sgd(0.1, { momentum: 0.9, nesterov: true })), 6);
    assert.equal(passes(adam()), 10);
    assert.equal(passes(adamW()), 11);
    assert.equal(passes(lion()), 7);
    assert.equal(passes(optimizers.adagrad!()), 7);
    assert.equal(passes(optimizers.rmsprop!()), 8);
    assert.equal(
      passes(optimizerFromJson({ type: 'rmsprop', learningRate: 1, config: { centered: true } })),
      14,
    );
  });

  it('refuse options that cannot be', () => {
    assert.throws(() => adam(-1), /learningRate is -1/);
    assert.throws(() => adam(1e-3, { beta2: 1 }), /beta2 is 1; expected 0 or more and below 1/);
    assert.throws(() => sgd(0.1, { nesterov: true }), /momentum above 0/);
    assert.throws(
      () => optimizerFromJson({ type: 'adam', learningRate: 1, config: { beta: 0.9 } }),
      /no option 'beta'. Known: beta1/,
    );
  });
});
