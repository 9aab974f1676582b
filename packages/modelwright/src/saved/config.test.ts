import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ModelConfig, parseModelConfig } from './config.js';

const config: ModelConfig = {
  modelwright: { format: 1, version: '0.1.0' },
  task: 'image-classification',
  inputs: [{ name: 'image', dtype: 'uint8', shape: ['batch', 1, 28, 28] }],
  outputs: [{ name: 'probabilities', dtype: 'float32', shape: ['batch', 2] }],
  labels: ['cat', 'dog'],
  architecture: { type: 'dense', config: { units: 2 } },
  preprocessing: { size: [28, 28] },
  training: { seed: 1 },
};

describe('parseModelConfig', () => {
  it('gives back what was written', () => {
    assert.deepEqual(parseModelConfig(JSON.parse(JSON.stringify(config))), config);
  });

  const cases: [string, unknown, RegExp][] = [
    ['a list', [], /'the file' should be an object/],
    ['another library', { architectures: ['BertModel'] }, /not a model that Modelwright saved/],
    [
      'a newer format',
      { ...config, modelwright: { format: 3, version: '9.0.0' } },
      /made by a newer Modelwright \(format 3, this one reads up to 1\): update/,
    ],
    [
      'a format that is no number',
      { ...config, modelwright: { format: '1', version: '1' } },
      /'modelwright.format'.*"1"/,
    ],
    ['no task', { ...config, task: undefined }, /x\/config.json: 'task' should be text, but it is missing/],
    ['no inputs', { ...config, inputs: [] }, /'inputs' should be a list of at least one/],
    [
      'an unknown dtype',
      { ...config, outputs: [{ name: 'y', dtype: 'bfloat16', shape: [] }] },
      /'outputs\[0\].dtype' should be one of float32, .* "bfloat16"/,
    ],
    [
      'a negative size',
      { ...config, inputs: [{ name: 'x', dtype: 'uint8', shape: ['batch', -1] }] },
      /'inputs\[0\].shape\[1\]'.*-1/,
    ],
    ['labels that are numbers', { ...config, labels: ['a', 2] }, /'labels\[1\]' should be text, but it is 2/],
    ['layers without a type', { ...config, architecture: { config: {} } }, /'architecture.type'/],
  ];
  for (const [name, json, message] of cases) {
    it(`names what is wrong with ${name}`, () =>
      assert.throws(() => parseModelConfig(json, 'x/config.json'), message));
  }
});
