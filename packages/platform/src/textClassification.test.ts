import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { lastLineJson, run } from './cli/testing.js';
import { createApp } from './server/app.js';
import { type ServedModel, serveModel } from './server/servedModel.js';

// 'good' and 'bad' once in every text of theirs, so that counting gives every text the right label.
const rows = Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? `good ${i},yes` : `bad ${i},no`));

describe('text classification on the command line and over HTTP', () => {
  let folder = '';
  let served: ServedModel;
  const path = (name: string): string => join(folder, name);
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'modelwright-text-'));
    await writeFile(path('moods.csv'), `said,mood\n${rows.join('\n')}\n`);
  });
  after(async () => {
    await served.release();
    await rm(folder, { recursive: true });
  });

  it('trains, measures and predicts', async () => {
    const columns = ['--text-column', 'said', '--label-column', 'mood'];
    const trained = await run([
      ...['train', 'text-classification', '--data', path('moods.csv'), '--out', path('moods'), ...columns],
      ...['--model', 'naive-bayes', '--json'],
    ]);
    assert.equal(trained.status, 0, trained.stderr);
    const { task, metrics } = lastLineJson(trained.stdout) as {
      task: string;
      metrics: Record<string, number>;
    };
    assert.equal(task, 'text-classification');
    assert.deepEqual([metrics.accuracy, metrics.macroF1, metrics.naiveBayesAccuracy], [1, 1, 1]);
    assert.match(await readFile(path('moods/evaluation.md'), 'utf8'), /## Worst mistakes\n\nThere are none/);

    await writeFile(path('new.tsv'), 'text\tlabel\nGOOD\tyes\nbad\tno\ngood\tno\n');
    const evaluated = await run(['evaluate', path('moods'), '--data', path('new.tsv')]);
    assert.match(evaluated.stdout, /^3 examples of .*accuracy 0\.6667/);
    await writeFile(path('strange.tsv'), 'good\tmaybe\n');
    const unseen = await run(['evaluate', path('moods'), '--data', path('strange.tsv')]);
    assert.match(
      unseen.stderr,
      /strange\.tsv:1: the label 'maybe' was not seen in training\. Labels: no, yes/,
    );

    const predicted = await run(['predict', path('moods'), 'so good', 'bad bad bad', '--json']);
    const { results } = lastLineJson(predicted.stdout) as {
      results: { text: string; predictions: { label: string }[] }[];
    };
    assert.deepEqual(
      results.map(({ text, predictions }) => [text, predictions[0]!.label]),
      [
        ['so good', 'yes'],
        ['bad bad bad', 'no'],
      ],
    );
    const help = await run(['train', 'text-classification', '--help']);
    assert.match(help.stdout, /--tokenizer <kind>/);
  });

  it('answers texts as JSON and as they stand, and says what is wrong with others', async () => {
    served = await serveModel(path('moods'), { replicas: 1 });
    const app = createApp({ models: [served] });
    const ask = async (
      body: string | Uint8Array<ArrayBuffer>,
      type?: string,
    ): Promise<[number, Record<string, unknown>]> => {
      const response = await app.request('/models/moods/predict?top=1', {
        method: 'POST',
        body,
        ...(type && { headers: { 'Content-Type': type } }),
      });
      return [response.status, (await response.json()) as Record<string, unknown>];
    };
    const labelOf = ([status, { predictions }]: Awaited<ReturnType<typeof ask>>): unknown[] => [
      status,
      (predictions as { label: string }[]).map(({ label }) => label),
    ];
    assert.deepEqual(labelOf(await ask('{"text": "very bad"}', 'application/json')), [200, ['no']]);
    assert.deepEqual(labelOf(await ask('good', 'text/plain; charset=utf-8')), [200, ['yes']]);
    const [, long] = await ask('good '.repeat(300), 'text/plain');
    assert.equal(long.truncated, true);
    const failures: [string | Uint8Array<ArrayBuffer>, string, number, RegExp][] = [
      [' ', 'text/plain', 400, /The text is empty/],
      ['{"texts": 1}', 'application/json', 400, /Expected JSON such as/],
      ['{', 'application/json', 400, /Expected JSON such as/],
      ['x', 'image/png', 415, /A text is expected, not image\/png/],
      [Uint8Array.of(0xff), 'text/plain', 400, /not UTF-8/],
    ];
    for (const [body, type, status, message] of failures) {
      const [given, { error }] = await ask(body, type);
      assert.equal(given, status);
      assert.match(String(error), message);
    }
  });

  it('refuses the tokenizer of another model', async () => {
    const file = path('moods/tokenizer.json');
    const json = await readFile(file, 'utf8');
    await writeFile(file, json.replace('"good":', '"good2":7000,"good":'));
    await assert.rejects(serveModel(path('moods')), /it is another model's/);
    await writeFile(file, json);
  });
});
