import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { NdArray } from '../../graph/array.js';
import { openModel } from '../../saved/openModel.js';
import type { TrainEvent } from '../events.js';
import {
  evaluateWordEmbeddings,
  grammarClasses,
  grammarSentences,
  loadWordVectors,
  neighbourAccuracy,
  trainWordEmbeddings,
} from '../index.js';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'modelwright-words-'));
});
after(() => rm(folder, { recursive: true }));

const epochsOf = { 'skip-gram': 5, cbow: 5, glove: 20 };

describe('word embeddings', () => {
  for (const [model, epochs] of Object.entries(epochsOf)) {
    it(`${model}: nearest neighbours in the generated grammar are of the right class`, async () => {
      const out = join(folder, model);
      const { metrics } = await trainWordEmbeddings({ data: 'grammar', out, model, epochs, dimensions: 32 });
      assert.ok(metrics.neighbourAccuracy! >= 0.95, `neighbour accuracy ${metrics.neighbourAccuracy}`);
      const vectors = await loadWordVectors(out);
      assert.equal(neighbourAccuracy(vectors, grammarClasses), metrics.neighbourAccuracy);
      // The same class is found by chance in about one of ten neighbours.
      const shuffled = new Map(
        Object.values(grammarClasses)
          .flat()
          .map((word, i, all) => [word, all[(i * 37) % all.length]!]),
      );
      const wrong = Object.fromEntries(
        Object.entries(grammarClasses).map(([name, words]) => [
          name,
          words.map((word) => shuffled.get(word)!),
        ]),
      );
      assert.ok(neighbourAccuracy(vectors, wrong) < 0.5);
    });
  }

  it('saves a folder whose ONNX file gives the vectors and the cosines', async () => {
    const vectors = await loadWordVectors(join(folder, 'cbow'));
    const model = await openModel(join(folder, 'cbow'));
    const words = ['dog', 'red'];
    const ids = NdArray.from(
      words.map((word) => vectors.vocabulary.indexOf(word)),
      'int32',
    );
    const { vectors: rows, similarities } = await model.run({ words: ids });
    await model.release();
    assert.deepEqual(rows!.data, Float32Array.from(words.flatMap((word) => [...vectors.vector(word)])));
    for (const [i, word] of words.entries()) {
      const [nearest] = vectors.nearest(word, 1);
      const place = i * vectors.size + vectors.vocabulary.indexOf(nearest!.word);
      assert.ok(Math.abs((similarities!.data as Float32Array)[place]! - nearest!.similarity) < 1e-5);
    }
    assert.match(await readFile(join(folder, 'cbow', 'README.md'), 'utf8'), /neighbourAccuracy/);
    assert.match(await readFile(join(folder, 'cbow', 'vocabulary.tsv'), 'utf8'), /^the\t\d+\n/);
  });

  it('equal seeds give equal vectors; an interrupted training goes on as though it had never stopped', async () => {
    const settings = {
      data: join(folder, 'text.txt'),
      epochs: 3,
      dimensions: 8,
      batchSize: 128,
      seed: 5,
      minimumCount: 1,
    };
    await writeFile(
      settings.data,
      grammarSentences(200)
        .map((words) => words.join(' '))
        .join('\n'),
    );
    const [whole, again] = [join(folder, 'whole'), join(folder, 'again')];
    await trainWordEmbeddings({ ...settings, out: whole });
    const stop = new AbortController();
    const onEvent = (event: TrainEvent): void => {
      if (event.kind === 'step' && event.epoch === 2) stop.abort();
    };
    const { epochs } = await trainWordEmbeddings({ ...settings, out: again, onEvent, signal: stop.signal });
    assert.equal(epochs, 1);
    await assert.rejects(
      trainWordEmbeddings({ ...settings, out: again, resume: true, dimensions: 9 }),
      /again\.checkpoints\/last\.safetensors.*dimensions/,
    );
    assert.equal((await trainWordEmbeddings({ ...settings, out: again, resume: true })).epochs, 3);
    assert.deepEqual(
      (await loadWordVectors(again)).vectors.data,
      (await loadWordVectors(whole)).vectors.data,
    );
  });

  it('answers questions of a file, and names a line that is none', async () => {
    const questions = join(folder, 'questions.txt');
    await writeFile(
      questions,
      ': colours\nred blue red blue\n\n: pairs\nKing queen man woman\nking queen boy girl\n',
    );
    const { examples, metrics } = await evaluateWordEmbeddings({
      model: join(folder, 'skip-gram'),
      data: questions,
    });
    assert.equal(examples, 2); // 'man' has no vector
    assert.equal(metrics.skipped, 1);
    assert.equal(metrics['analogyAccuracy.colours'], 0); // the words asked about are never the answer
    await writeFile(questions, ': colours\nred blue green\n');
    await assert.rejects(
      evaluateWordEmbeddings({ model: join(folder, 'skip-gram'), data: questions }),
      /questions\.txt, line 2: .*four words.*there are 3/,
    );
  });

  const bad: [string, string, object, RegExp][] = [
    ['an empty corpus', ' \n...\n', {}, /The corpus is empty: it holds no words/],
    [
      'a vocabulary of one word',
      'one one one one one\ntwo',
      {},
      /Of 2 different word\(s\).*1 would be in the vocabulary/,
    ],
    [
      'a method that is none',
      'a b',
      { model: 'bert', minimumCount: 1 },
      /no method 'bert'.*skip-gram, cbow, glove/,
    ],
    [
      'a window too wide',
      'a b',
      { window: 16, minimumCount: 1 },
      /window must be a whole number from 1 to 15, but it is 16/,
    ],
    [
      'no epochs',
      'a b',
      { epochs: 0, minimumCount: 1 },
      /'epochs' must be a whole number, 1 or more, but it is 0/,
    ],
    [
      'sentences of one word',
      'a\nb\n',
      { model: 'glove', minimumCount: 1 },
      /No two words of the corpus stand in one sentence/,
    ],
  ];
  for (const [name, text, options, message] of bad) {
    it(`refuses ${name}`, async () => {
      const data = join(folder, 'bad.txt');
      await writeFile(data, text);
      await assert.rejects(trainWordEmbeddings({ data, out: join(folder, 'bad'), ...options }), message);
    });
  }

  it('names text that is not UTF-8, and a model without its vocabulary', async () => {
    const data = join(folder, 'latin1.txt');
    await writeFile(data, Buffer.from('caf\u00e9 au lait', 'latin1'));
    await assert.rejects(trainWordEmbeddings({ data, out: join(folder, 'bad') }), /latin1\.txt/);
    await rm(join(folder, 'whole', 'vocabulary.tsv'));
    await assert.rejects(loadWordVectors(join(folder, 'whole')), /vocabulary\.tsv cannot be read/);
  });
});
