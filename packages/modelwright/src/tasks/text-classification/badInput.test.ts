// What a person gets to read whose texts, labels or model are not what they should be.
import assert from 'node:assert/strict';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  evaluateTextClassifier,
  openTextClassifier,
  readTextPreprocessing,
  type TextClassificationTrainOptions,
  trainTextClassifier,
} from '../index.js';

const moods = 'text\tlabel\na good day\tyes\na bad day\tno\ngood and well\tyes\nbad and ugly\tno\n';

describe('bad input of text classification', () => {
  let folder = '';
  const path = (name: string): string => join(folder, name);
  const notes: string[] = [];
  const train = (options: Partial<TextClassificationTrainOptions>) => {
    notes.length = 0;
    return trainTextClassifier({
      data: path('moods.tsv'),
      out: path('model'),
      model: 'naive-bayes',
      validationSplit: 0,
      onEvent: (event) => event.kind === 'note' && notes.push(event.text),
      ...options,
    });
  };
  /** Trains on a folder with these files. */
  const trainOn = async (
    name: string,
    files: Readonly<Record<string, string | Uint8Array>>,
    options = {},
  ) => {
    await mkdir(path(name));
    for (const [file, content] of Object.entries(files)) await writeFile(join(path(name), file), content);
    return train({ data: path(name), out: path(`${name}-model`), ...options });
  };
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'modelwright-bad-texts-'));
    await writeFile(path('moods.tsv'), moods);
    await train({});
  });
  after(() => rm(folder, { recursive: true }));

  it('bytes that are not UTF-8 are named with file and line', () =>
    assert.rejects(
      trainOn('latin1', {
        'train.tsv': Buffer.concat([Buffer.from(moods), Buffer.from('caf\xe9\tyes\n', 'latin1')]),
      }),
      /latin1.train\.tsv:6: byte \d+ \(0xe9\) is not UTF-8, at byte 4 of the line/,
    ));

  it('lines without a text are left out, and counted with their numbers', async () => {
    await trainOn('empty', { 'train.tsv': `${moods}\tyes\nfine\tyes\n  \tno\n` });
    assert.equal(notes.length, 1);
    assert.match(notes[0]!, /empty.train\.tsv: 2 row\(s\) without a text left out, in line 6, 8\.$/);
    await assert.rejects(
      trainOn('nothing', { 'train.tsv': 'text\tlabel\n\tyes\n' }),
      /nothing.train\.tsv: there is no text in it/,
    );
  });

  it('a label that is missing, and one that training has not seen, are named with file and line', async () => {
    await assert.rejects(
      trainOn('unlabelled', { 'train.tsv': `${moods}well\t\n` }),
      /unlabelled.train\.tsv:6: the label is missing/,
    );
    for (const part of ['dev', 'test']) {
      await assert.rejects(
        trainOn(part, { 'train.tsv': moods, [`${part}.tsv`]: 'text\tlabel\ngood\tyes\nwell\tperhaps\n' }),
        new RegExp(
          `${part}.${part}\\.tsv:3: the label 'perhaps' was not seen in training\\. Labels: no, yes\\.`,
        ),
      );
    }
  });

  it('texts that are too long are cut off with a count, or refused with file and line', async () => {
    const parts = { 'train.tsv': moods, 'test.tsv': 'good\tyes\nsuch a very bad day\tno\n' };
    await trainOn('long', parts, { maximumLength: 3 });
    assert.deepEqual(notes, ['1 of 6 texts are longer than 3 tokens and are cut off there.']);
    const model = path('long-model');
    assert.equal((await evaluateTextClassifier({ model, data: path('long') })).truncated, 1);
    await assert.rejects(
      train({ data: path('long'), maximumLength: 3, tooLong: 'refuse' }),
      /long.test\.tsv:2: the text has 5 tokens, but the model takes 3\. Split it/,
    );
    await assert.rejects(
      train({ maximumLength: 2, tooLong: 'refuse' }),
      /moods\.tsv:2: the text has 3 tokens, but the model takes 2; 3 more are too long\./,
    );
  });

  it('an empty vocabulary names the data, and why nothing is left', async () => {
    await assert.rejects(
      train({ minimumCount: 9 }),
      /^RangeError: .*moods\.tsv: The vocabulary is empty: of 7 different tokens none occurs 9 times/,
    );
    await assert.rejects(
      trainOn('invisible', { 'train.tsv': 'text\tlabel\n\u200B\tyes\n\u200B\tno\n' }),
      /invisible: The vocabulary is empty: of 0 different tokens/,
    );
  });

  it('choices that there are not are named with those there are', async () => {
    await assert.rejects(
      train({ model: 'gru' }),
      /There is no model for texts 'gru'\. There is text-cnn, bilstm/,
    );
    await assert.rejects(
      train({ tokenizer: 'line' }),
      /There is no tokenizer 'line'\. There is word, character/,
    );
    await assert.rejects(
      train({ data: path('nowhere') }),
      /There is no file or folder '.*nowhere'\. Give one, or 'reviews'/,
    );
  });

  it("another model's tokenizer is refused, and a text without a known word is still classified", async () => {
    const other = path('other');
    await trainOn('words', { 'train.tsv': moods.replaceAll('ugly', 'ugly and slow') }, { out: other });
    const classifier = await openTextClassifier(other);
    const [first] = await classifier.predict('zzz \u200B');
    assert.equal(first!.probability, 0.5);
    await classifier.release();
    await copyFile(path('model/tokenizer.json'), join(other, 'tokenizer.json'));
    for (const use of [
      () => openTextClassifier(other),
      () => evaluateTextClassifier({ model: other, data: path('moods.tsv') }),
    ])
      await assert.rejects(
        use,
        /other: tokenizer\.json has 11 tokens, but the model was trained with 12: it is another model's/,
      );
    await rm(join(other, 'tokenizer.json'));
    await assert.rejects(
      openTextClassifier(other),
      /other has no tokenizer\.json\. Save or copy the model again/,
    );
    const config = await readFile(path('model/config.json'), 'utf8');
    await writeFile(path('model/config.json'), config.replace('"text-classification"', '"text-generation"'));
    await assert.rejects(
      readTextPreprocessing(path('model')),
      /is not a model for text-classification: it is for text-generation/,
    );
    await writeFile(path('model/config.json'), config);
  });
});
