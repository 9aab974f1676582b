import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Command } from 'commander';
import { InputError } from '../errors.js';
import { jobOptionsOf, parametersOf, parseParameters } from './jobOptions.js';
import { PathOption } from './pathOption.js';
import { tasks } from './tasks/index.js';
import { csvOf } from './work/csv.js';

const image = tasks.get('image-classification')!;

describe("a job's parameters", () => {
  it("become the task's options, as the command line would make them", () => {
    const parsed = parseParameters('train', 'image-classification', {
      ...{ epochs: 3, learningRate: '1e-3', imageSize: 64, freeze: ['a', 'b'] },
      learningRateOf: ['*=0.1', 'head=2'],
    });
    assert.deepEqual(parsed, {
      ...{ epochs: 3, learningRate: 0.001, imageSize: 64, freeze: ['a', 'b'] },
      learningRateOf: [
        ['*', 0.1],
        ['head', 2],
      ],
    });
    const generation = parseParameters('train', 'image-generation', { conditional: false, spectral: true });
    assert.deepEqual([generation.conditional, generation.spectral], [false, true]);
    assert.equal(parseParameters('predict', 'image-classification', {}).top, 5);
  });

  const wrong: [string, Parameters<typeof parseParameters>, RegExp][] = [
    ['an unknown task', ['train', 'nothing', {}], /no task 'nothing'. Tasks: audio-classification, /],
    ['an unknown option', ['train', 'image-classification', { epoch: 1 }], /Did you mean --epochs/],
    ['a number that is none', ['train', 'image-classification', { epochs: 'x' }], /should be a whole number/],
    ['a choice that is none', ['evaluate', 'image-classification', { device: 'tpu' }], /cpu, webgpu/],
    ['an object', ['train', 'image-classification', { epochs: { a: 1 } }], /'epochs' should be a text/],
    ['nothing', ['train', 'image-classification', { epochs: null }], /'epochs' should be a text/],
    ['no where a value is needed', ['train', 'image-classification', { epochs: false }], /whole number/],
    ['what is not a user’s to say', ['train', 'image-classification', { resume: true }], /unknown option/],
    ['an argument in disguise', ['train', 'image-classification', { '': 'x' }], /unknown option|too many/],
  ];
  for (const [name, args, message] of wrong)
    it(`are refused where they hold ${name}`, () => {
      assert.throws(
        () => parseParameters(...args),
        (error: Error) => error instanceof InputError && message.test(error.message),
      );
    });

  it('of every task leave out where its model is saved, and keep the rest', () => {
    for (const [name, task] of tasks) {
      const names = jobOptionsOf('train', task).map((option) => option.attributeName());
      assert.ok(!names.includes('out') && !names.includes('data') && !names.includes('resume'), name);
      assert.ok(names.includes('seed'), name);
    }
  });

  it('are known as paths where they say that they are files or folders', () => {
    const found = new Set<string>();
    for (const task of tasks.values()) {
      for (const kind of ['train', 'evaluate', 'predict'] as const) {
        for (const option of jobOptionsOf(kind, task)) {
          const saysSo = /<[^>]*(file|folder|path)/.test(option.flags);
          assert.equal(option instanceof PathOption, saysSo, `${kind} ${option.flags}`);
          if (saysSo) found.add(option.attributeName());
        }
      }
    }
    assert.deepEqual([...found].sort(), ['from', 'gallery', 'judge', 'languageText']);
  });

  it('are read from the command line as they would be sent', async () => {
    const command = new Command();
    const parameters = parametersOf(command, 'train', image);
    await command.parseAsync(
      ['--epochs', '3', '-l', '0.01', '--learning-rate-of', '*=0.1', '--learning-rate-of=head=2'],
      { from: 'user' },
    );
    assert.deepEqual(parameters(), { epochs: 3, learningRate: 0.01, learningRateOf: ['*=0.1', 'head=2'] });
    assert.doesNotThrow(() => parseParameters('train', 'image-classification', parameters()));
  });
});

it('writes rows as CSV, what is nested in columns of its own', () => {
  const rows = [
    { file: 'a,b.png', predictions: [{ label: 'say "x"', probability: 0.5 }] },
    { file: 'c.png', error: 'no\npicture' },
  ];
  assert.equal(
    csvOf(rows),
    'file,predictions.0.label,predictions.0.probability,error\n"a,b.png","say ""x""",0.5,\nc.png,,,"no\npicture"\n',
  );
});
