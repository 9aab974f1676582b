// Freezing, unfreezing and learning rates by the names of parameters.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Dataset } from '../data/dataset.js';
import { NdArray } from '../graph/array.js';
import { Random } from '../graph/random.js';
import { entries } from '../graph/tree.js';
import {
  type ArrayTree,
  activation,
  adam,
  batchNorm,
  conv2d,
  crossEntropy,
  dense,
  type FitOptions,
  fit,
  flatten,
  globalAveragePool,
  type Layer,
  sequential,
  sgd,
  type Variables,
} from '../index.js';
import { assertNear } from '../testing/compare.js';
import { heldAfter } from './held.js';
import { traceGradient } from './step.js';

const random = new Random(11);
const examples = Array.from({ length: 24 }, (_, i) => ({
  input: NdArray.of(
    'float32',
    [2, 6, 6],
    Array.from({ length: 72 }, () => random.normal(i % 3)),
  ),
  target: NdArray.from(i % 3, 'int32'),
}));
const data = Dataset.from(examples);

const backbone = (): Layer[] => [
  conv2d(4, 3, { padding: 1, bias: false }),
  batchNorm(),
  activation('relu'),
  conv2d(5, 3),
  activation('relu'),
  globalAveragePool(),
];
const network = sequential(...backbone(), dense(3));
const start = network.init({ shape: [1, 2, 6, 6] }, 4);
const options = {
  loss: crossEntropy,
  optimizer: sgd(0.1, { momentum: 0.9 }),
  epochs: 2,
  batchSize: 8,
  workers: 1,
  progress: false,
  variables: start,
} as const satisfies FitOptions;

const list = (tree: ArrayTree): Map<string, number[]> =>
  new Map(entries<NdArray>(tree).map(([name, array]) => [name, array.toNumbers()]));
const changed = (before: Variables, after: Variables): string[] => {
  const [all, now] = [before, after].map(
    ({ parameters, state }) => new Map([...list(parameters), ...list(state)]),
  );
  return [...all!].flatMap(([name, values]) => (String(values) === String(now!.get(name)) ? [] : [name]));
};

describe('freeze', () => {
  it('leaves the parameters it names and their statistics as they are, bit by bit', async () => {
    for (const workers of [1, 2]) {
      const { variables } = await fit(network, data, { ...options, workers, freeze: ['0', /^1\./] });
      assert.deepEqual(changed(start, variables), ['3.weight', '3.bias', '6.weight', '6.bias']);
    }
  });

  it('trains the head as though the features were the data', async () => {
    const frozen = await fit(network, data, { ...options, shuffle: false, freeze: ['0', '1', '3'] });
    const features = sequential(...backbone());
    const { 6: head, ...own } = start.parameters;
    const extractor = await fit(features, data, {
      ...options,
      loss: (prediction) => prediction.mean(1),
      optimizer: sgd(0),
      epochs: 1,
      freeze: ['0', '1'],
      variables: { parameters: own, state: start.state },
    });
    const rows = await Promise.all(
      examples.map(async ({ input, target }) => ({
        input: (await extractor.predict(input.reshape([1, ...input.shape]))).reshape([5]),
        target,
      })),
    );
    const alone = await fit(sequential(dense(3)), Dataset.from(rows), {
      ...options,
      shuffle: false,
      variables: { parameters: { 0: head! }, state: {} },
    });
    const [found, expected] = [list(frozen.variables.parameters), list(alone.variables.parameters)];
    assertNear(found.get('6.weight')!, expected.get('0.weight')!, 1e-5, 'weight of the head');
    assertNear(found.get('6.bias')!, expected.get('0.bias')!, 1e-5, 'bias of the head');
  });

  it('computes no gradient for what is frozen', () => {
    const types = {
      input: { dtype: 'float32', shape: [4, 2, 6, 6] },
      target: { dtype: 'int32', shape: [4] },
    } as const;
    const spec = { model: network, variables: start, loss: crossEntropy, metrics: [] };
    const gradientsIn = (freeze: readonly string[]): string[] => {
      const held = heldAfter(start, { freeze: freeze.length > 0 ? freeze : undefined }, 0);
      const { graph } = traceGradient({ ...spec, held }, types);
      return graph.nodes.map(({ primitive: { name } }) => name).filter((name) => /Gradient/.test(name));
    };
    const ofFilters = (names: readonly string[]): number =>
      names.filter((name) => name === 'convolutionFilterGradient').length;
    assert.equal(ofFilters(gradientsIn([])), 2);
    assert.deepEqual([ofFilters(gradientsIn(['0', '1'])), ofFilters(gradientsIn(['0', '1', '3']))], [1, 0]);
    assert.ok(gradientsIn([]).includes('convolutionInputGradient'));
    assert.ok(!gradientsIn(['0', '1']).includes('convolutionInputGradient'));
  });

  it('says when a pattern fits nothing, or everything is frozen', async () => {
    await assert.rejects(
      fit(network, data, { ...options, freeze: 'layer9' }),
      /freeze 'layer9' fits no parameter.*0\.weight/,
    );
    await assert.rejects(
      fit(network, data, { ...options, freeze: '*' }),
      /freeze '\*' leaves no parameter to train/,
    );
    const unfreeze = [{ after: 1, names: 'layer9' }];
    await assert.rejects(
      fit(network, data, { ...options, freeze: '0', unfreeze }),
      /unfreeze 'layer9' fits no/,
    );
  });
});

describe('unfreeze', () => {
  const gradual = {
    ...options,
    optimizer: adam(1e-2),
    epochs: 4,
    freeze: ['0', '1', '3'],
    unfreeze: [
      { after: 1, names: '3' },
      { after: 3, names: '*' },
    ],
  } as const satisfies FitOptions;

  it('trains more from the epoch on that it says', async () => {
    const perEpoch: string[][] = [];
    const counts: number[] = [];
    let before: Variables = start;
    await fit(network, data, {
      ...gradual,
      callbacks: [
        {
          async onEpochEnd(_record, control) {
            const now = await control.variables();
            perEpoch.push(changed(before, now));
            counts.push(control.parameters);
            before = now;
          },
        },
      ],
    });
    const all = entries(start.parameters).map(([name]) => name);
    const head = ['6.weight', '6.bias'];
    const later = ['3.weight', '3.bias', ...head];
    const statistics = ['1.runningMean', '1.runningVariance'];
    assert.deepEqual(perEpoch, [head, later, later, [...all, ...statistics]]);
    assert.deepEqual(counts, [18, 203, 203, 72 + 8 + 203]);
  });

  it('goes on from a checkpoint of any stage as though it had never stopped', async () => {
    const whole = await fit(network, data, gradual);
    for (const epochs of [1, 2, 3]) {
      const directory = await mkdtemp(join(tmpdir(), 'modelwright-transfer-'));
      try {
        await fit(network, data, { ...gradual, epochs, checkpoint: { directory } });
        const resumed = await fit(network, data, { ...gradual, checkpoint: { directory, resume: true } });
        assert.deepEqual(changed(whole.variables, resumed.variables), []);
        await assert.rejects(
          fit(network, data, { ...gradual, freeze: '0', checkpoint: { directory, resume: true } }),
          /transfer was frozen 0,1,3, 3 from epoch 2, \* from epoch 4 and is now frozen 0,/,
        );
      } finally {
        await rm(directory, { recursive: true });
      }
    }
  });

  it('gives the best epoch whole, whatever was frozen then', async () => {
    const trained = await fit(network, data, {
      ...gradual,
      validation: data,
      keepBest: { metric: 'loss', mode: 'max' },
    });
    assert.equal(trained.training.bestEpoch, 1);
    assert.deepEqual(changed(start, trained.variables), ['6.weight', '6.bias']);
  });
});

describe('learningRateOf', () => {
  it('is the learning rate times a factor', async () => {
    for (const make of [(rate: number) => sgd(rate, { momentum: 0.9 }), (rate: number) => adam(rate)]) {
      const scaled = await fit(network, data, {
        ...options,
        optimizer: make(0.02),
        learningRateOf: [['*', 0.5]],
      });
      const plain = await fit(network, data, { ...options, optimizer: make(0.01) });
      const [found, expected] = [scaled, plain].map(({ variables }) => list(variables.parameters));
      for (const [name, values] of expected!) assertNear(found!.get(name)!, values, 1e-5, name);
    }
  });

  it('takes the first pattern that fits; a factor of 0 stands still', async () => {
    const { variables } = await fit(network, data, {
      ...options,
      learningRateOf: [
        ['3.weight', 1],
        [['0', '1', '3'], 0],
      ],
    });
    const trained = changed(start, { ...variables, state: start.state });
    assert.deepEqual(trained, ['3.weight', '6.weight', '6.bias']);
    await assert.rejects(
      fit(network, data, { ...options, learningRateOf: [['*', -1]] }),
      /learningRateOf '\*' is -1/,
    );
  });
});

describe('a model that is frozen in part', () => {
  it('may be trained when its input goes through what is frozen alone', async () => {
    const wide = sequential(flatten(), dense(4, { activation: 'tanh' }), dense(3));
    const variables = wide.init({ shape: [1, 2, 6, 6] });
    const trained = await fit(wide, data, { ...options, variables, freeze: '1' });
    assert.deepEqual(changed(variables, trained.variables), ['2.weight', '2.bias']);
  });
});
