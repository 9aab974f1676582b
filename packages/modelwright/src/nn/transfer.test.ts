import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { NdArray } from '../graph/array.js';
import { entries } from '../graph/tree.js';
import {
  type ArrayTree,
  batchNorm,
  dense,
  nameMatcher,
  residual,
  sequential,
  transferVariables,
  withHead,
} from './index.js';

const names = (tree: ArrayTree): string[] => entries<NdArray>(tree).map(([name]) => name);
const numbersOf = (tree: ArrayTree, name: string): string =>
  String(new Map(entries<NdArray>(tree)).get(name)!.toNumbers());

describe('names', () => {
  const all = ['0.weight', '0.bias', '10.weight', 'layer1.0.weight', 'layer1.1.bias', 'onnx::Conv_1'];
  const cases: readonly (readonly [Parameters<typeof nameMatcher>[0], readonly string[]])[] = [
    ['0', ['0.weight', '0.bias']],
    ['0.weight', ['0.weight']],
    ['*.bias', ['0.bias', 'layer1.1.bias']],
    ['layer1.*', ['layer1.0.weight', 'layer1.1.bias']],
    ['*', all],
    [
      ['*', '!0', '!layer1.*.bias'],
      ['10.weight', 'layer1.0.weight', 'onnx::Conv_1'],
    ],
    [/^\d+\.w/, ['0.weight', '10.weight']],
    [
      ['onnx::Conv_1', /bias/g],
      ['0.bias', 'layer1.1.bias', 'onnx::Conv_1'],
    ],
    ['weight', []],
    ['!0', []],
    [[], []],
  ];
  for (const [pattern, expected] of cases) {
    it(`${String(pattern) || 'nothing'} means ${expected.length} of ${all.length}`, () =>
      assert.deepEqual(all.filter(nameMatcher(pattern)), expected));
  }
});

describe('transferVariables', () => {
  it('takes over what has the same name and shape', () => {
    const from = sequential(dense(4), batchNorm(), dense(3)).init({ shape: [1, 2] }, 1);
    const to = sequential(dense(4), batchNorm(), dense(5)).init({ shape: [1, 2] }, 2);
    const { variables, taken, fresh } = transferVariables(from, to);
    assert.deepEqual(fresh, ['2.weight', '2.bias']);
    assert.deepEqual(taken, [
      '0.weight',
      '0.bias',
      '1.weight',
      '1.bias',
      '1.runningMean',
      '1.runningVariance',
    ]);
    assert.equal(numbersOf(variables.parameters, '0.weight'), numbersOf(from.parameters, '0.weight'));
    assert.equal(numbersOf(variables.parameters, '2.weight'), numbersOf(to.parameters, '2.weight'));
    assert.deepEqual(names(variables.parameters), names(to.parameters));
    assert.deepEqual(transferVariables(from, to, '0').fresh, ['0.weight', '0.bias', '2.weight', '2.bias']);
  });
});

describe('withHead', () => {
  const input = { shape: ['batch', 2] } as const;

  it('replaces the last layer of a sequential model', () => {
    const model = sequential(dense(4), dense(3));
    const variables = model.init(input, 1);
    const whole = withHead(model, variables, dense(3), { input, seed: 2 });
    assert.equal(whole.head, '1');
    assert.equal(
      numbersOf(whole.variables.parameters, '0.weight'),
      numbersOf(variables.parameters, '0.weight'),
    );
    assert.notEqual(
      numbersOf(whole.variables.parameters, '1.weight'),
      numbersOf(variables.parameters, '1.weight'),
    );
    assert.equal((whole.model.config as { layers: unknown[] }).layers.length, 2);
  });

  it('puts the head behind any other model', () => {
    const model = residual(dense(2));
    const variables = model.init(input, 1);
    const whole = withHead(model, variables, dense(5), { input });
    assert.deepEqual(names(whole.variables.parameters), ['0.0.weight', '0.0.bias', '1.weight', '1.bias']);
    assert.equal(
      numbersOf(whole.variables.parameters, '0.0.weight'),
      numbersOf(variables.parameters, '0.weight'),
    );
  });
});
