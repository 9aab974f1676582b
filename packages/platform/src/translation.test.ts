import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { generateDates, openTranslator } from 'modelwright/tasks';
import { lastLineJson, run } from './cli/testing.js';

describe('translation on the command line', () => {
  let folder = '';
  let out = '';
  let data = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'modelwright-translation-'));
    out = join(folder, 'dates');
    data = join(folder, 'dates.tsv');
    const lines = generateDates(300).map(({ source, target }) => `${target}\t${source}\n`);
    await writeFile(data, lines.join(''));
  });
  after(() => rm(folder, { recursive: true }));

  it('trains, measures, and translates as programs and people want it', async () => {
    const small = ['--layers', '1', '--width', '32', '--heads', '2', '--batch-tokens', '300'];
    const more = [
      ...small,
      '--epochs',
      '8',
      '--learning-rate',
      '0.01',
      '--columns',
      '1,0',
      '--maximum-length',
      '12',
    ];
    const trained = await run(['train', 'translation', '--data', data, '--out', out, ...more, '--json']);
    assert.equal(trained.status, 0, trained.stderr);
    const { metrics } = lastLineJson(trained.stdout) as { metrics: Record<string, number> };
    const measured = lastLineJson((await run(['evaluate', out, '--data', data, '--json'])).stdout);
    assert.ok(Math.abs((measured.metrics as typeof metrics).bleuBeam! - metrics.bleuBeam!) < 1e-4);
    for (const file of ['evaluation.md', 'README.md', 'onnx/step.onnx', 'onnx/encoder.onnx'])
      assert.ok((await readFile(join(out, file))).length > 0);

    const text = 'the 2nd of June';
    const translator = await openTranslator(out);
    const expected = await translator.translate(text, { beams: 2 });
    await translator.release();
    const asked = ['predict', out, text, '--beams', '2'];
    assert.notEqual(expected, '');
    assert.equal((await run(asked)).stdout.trim(), expected);
    assert.deepEqual(lastLineJson((await run([...asked, '--json'])).stdout).results, [
      { text, translation: expected },
    ]);
    const long = await run(['predict', out, 'twenty '.repeat(30)]);
    assert.equal(long.status, 1);
    assert.match(long.stderr, /^modelwright: The text has \d+ tokens, but the model takes 12/);
    assert.match((await run([...asked.slice(0, 2), 'twenty '.repeat(30), '--truncate'])).stderr, /left out/);
    const wrong = await run(['train', 'translation', '--data', data, '--out', out, '--columns', '1']);
    assert.equal(wrong.status, 2);
    assert.match(wrong.stderr, /columns of source and target/);
  });
});
