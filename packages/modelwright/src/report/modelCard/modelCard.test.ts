import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { transform } from 'esbuild';
import { parse } from 'yaml';
import { type ModelCardInfo, modelCard } from './index.js';
import { onnxRuntimeSnippet } from './usage.js';

const info: ModelCardInfo = {
  name: 'Signs: a | b',
  task: 'image-classification',
  description: 'Tells street signs apart.',
  license: 'apache-2.0',
  languages: ['zh', 'no'],
  inputs: [{ name: 'image', dtype: 'uint8', shape: ['batch', 3, 32, 32], description: 'RGB | 0..255' }],
  outputs: [{ name: 'class-scores', dtype: 'float32', shape: ['batch', 2] }],
  trainingData: {
    name: 'Street signs',
    examples: 12_000,
    classes: ['stop', 'give`way'],
    fingerprint: 'sha256:0f',
  },
  training: {
    hyperParameters: { optimizer: 'adam', learningRate: 0.001, useAugmentation: true },
    seed: 7,
    epochs: 5,
    bestEpoch: 4,
    device: 'CPU',
    seconds: 125,
  },
  results: [
    {
      dataset: { name: 'Street signs', split: 'test', examples: 1000 },
      metrics: { loss: 0.125, accuracy: 0.98, wordErrorRate: Number.NaN },
    },
  ],
  pictures: [{ file: 'confusion-matrix.svg', caption: 'Confusion [matrix]' }],
  layers: [{ layer: 'head', type: 'dense', outputShape: ['batch', 2], parameters: 6146, flops: 12_288 }],
  software: { modelwright: '0.1.0', 'onnxruntime-node': '1.30.0' },
  limitations: 'Only by day.',
};

describe('modelCard', () => {
  const card = modelCard(info);
  const [, head, body] = /^---\n(.*?)\n---\n\n(.*)$/s.exec(card)!;

  it('begins with metadata as the Hugging Face Hub reads it', () => {
    assert.deepEqual(parse(head!, { version: '1.1' }), {
      language: ['zh', 'no'], // unquoted, YAML 1.1 would read "no" as false
      license: 'apache-2.0',
      library_name: 'modelwright',
      pipeline_tag: 'image-classification',
      tags: ['modelwright', 'onnx'],
      metrics: ['accuracy', 'wer'],
      'model-index': [
        {
          name: 'Signs: a | b',
          results: [
            {
              task: { type: 'image-classification' },
              dataset: { type: 'street-signs', name: 'Street signs', split: 'test' },
              metrics: [
                { type: 'loss', value: 0.125, name: 'loss' },
                { type: 'accuracy', value: 0.98, name: 'accuracy' },
              ],
            },
          ],
        },
      ],
    });
  });

  it('says what it was given, with what Markdown would misread escaped', () => {
    for (const line of [
      '# Signs: a \\| b',
      'Tells street signs apart.',
      '| Street signs, test | 1,000 | accuracy | 0.9800 |',
      '![Confusion \\[matrix\\]](confusion-matrix.svg)',
      'modelwright predict . picture.jpg',
      '| input | `image` | uint8 | `[batch, 3, 32, 32]` | RGB \\| 0..255 |',
      'Classes: `stop`, `` give`way ``.',
      '| fingerprint | `sha256:0f` |',
      '| learning rate | 0.001 |',
      '| best epoch | 4 |',
      '| seed | 7 |',
      '| duration | 2:05 |',
      'Parameters: 6,146',
      'Only by day.',
      '| onnxruntime-node | 1.30.0 |',
    ]) {
      assert.ok(body!.split('\n').includes(line), line);
    }
  });

  it('keeps every table regular', () => {
    const cells = (line: string): number => line.replaceAll('\\|', '').split('|').length;
    const lines = body!.split('\n');
    for (const [i, line] of lines.entries()) {
      if (line.startsWith('|') && lines[i + 1]?.startsWith('|'))
        assert.equal(cells(line), cells(lines[i + 1]!), line);
    }
  });

  it('does without what is not there, and says so when nothing was measured', () => {
    const { pictures: _pictures, layers: _layers, languages: _languages, ...rest } = info;
    const small = modelCard({ ...rest, results: [] });
    assert.doesNotMatch(small, /model-index|language:|## Layers|!\[|undefined/);
    assert.match(small, /has not been evaluated/);
  });

  it('lists no more classes than people read', () => {
    const classes = Array.from({ length: 1000 }, (_, i) => `c${i}`);
    const long = modelCard({ ...info, trainingData: { ...info.trainingData, classes } });
    assert.match(long, /`c99` and 900 more\.\n/);
    assert.match(long, /\| classes \| 1,000 \|/);
  });

  it('shows a file safely quoted, and other tasks without a command', () => {
    const text = modelCard({ ...info, task: 'image-classification', sampleInput: "it's $5.jpg" });
    assert.match(text, /modelwright predict \. 'it'\\''s \$5\.jpg'/);
    assert.match(text, /predictImages\(model, \["it's \$5\.jpg"\]\)/);
    assert.doesNotMatch(modelCard({ ...info, task: 'tabular-regression' }), /modelwright predict/);
  });
});

describe('onnxRuntimeSnippet', () => {
  it('feeds zeros of the right type and size', async () => {
    const snippet = onnxRuntimeSnippet(
      [
        { name: 'input-ids', dtype: 'int64', shape: ['batch', 'time'] },
        { name: 'mask', dtype: 'bool', shape: ['batch', 4] },
      ],
      info.outputs,
    );
    await transform(snippet); // throws where the syntax is wrong
    assert.match(snippet, /"input-ids": new Tensor\('int64', new BigInt64Array\(1\), \[1, 1\]\),/);
    assert.match(snippet, /mask: new Tensor\('bool', new Uint8Array\(4\), \[1, 4\]\),/);
    assert.match(snippet, /results\["class-scores"\]\.data/);
  });
});
