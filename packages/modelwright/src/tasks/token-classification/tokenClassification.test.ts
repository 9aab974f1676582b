import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { NdArray } from '../../graph/array.js';
import { Random } from '../../graph/random.js';
import { entityScores, type TagScheme, tagsOf } from '../../nn/metrics/text/entities.js';
import {
  decodeTags,
  evaluateTokenClassifier,
  generateTrips,
  openTokenClassifier,
  type TaggedSentence,
  taggerNames,
  trainTokenClassifier,
} from '../index.js';
import { parseSentences } from './sentences.js';
import { idsOf, tokenizerFor, tokenKind } from './vocabulary.js';

const conll = (sentences: readonly TaggedSentence[], scheme: TagScheme): string =>
  sentences
    .map(({ tokens, entities }) => {
      const tags = tagsOf(entities, tokens.length, scheme);
      return tokens.map((token, i) => `${token}\t${tags[i]}\n`).join('');
    })
    .join('\n');

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'modelwright-entities-'));
  await mkdir(join(folder, 'trips'));
  await writeFile(join(folder, 'trips', 'train.conll'), conll(generateTrips(240, 0), 'BIOES'));
  await writeFile(join(folder, 'trips', 'test.conll'), conll(generateTrips(40, 1), 'BIOES'));
});
after(() => rm(folder, { recursive: true, force: true }));

describe('decodeTags', () => {
  it('finds the best of all sequences, whatever stands in the rows beyond a sentence', () => {
    const [batch, time, tags] = [4, 4, 3];
    const random = new Random(5);
    const scores = new NdArray('float32', [batch, tags + 2 + time, tags]);
    for (let i = 0; i < scores.size; i++) scores.data[i] = 4 * random.uniform() - 2;
    const lengths = [4, 3, 1, 2];
    const at = (sentence: number, row: number, tag: number): number =>
      scores.data[(sentence * (tags + 2 + time) + row) * tags + tag]!;
    for (const [sentence, found] of decodeTags(scores, lengths, true).entries()) {
      const length = lengths[sentence]!;
      const scoreOf = (sequence: readonly number[]): number =>
        at(sentence, tags, sequence[0]!) +
        at(sentence, tags + 1, sequence.at(-1)!) +
        sequence.reduce((sum, tag, i) => sum + at(sentence, tags + 2 + i, tag), 0) +
        sequence.slice(1).reduce((sum, tag, i) => sum + at(sentence, sequence[i]!, tag), 0);
      const all = Array.from({ length: tags ** length }, (_, n) =>
        Array.from({ length }, (_, i) => Math.floor(n / tags ** i) % tags),
      );
      const best = all.reduce((a, b) => (scoreOf(b) > scoreOf(a) ? b : a));
      assert.deepEqual(found, best);
    }
  });

  it('takes the likeliest tag of each token where there is no chain', () => {
    const scores = NdArray.from([
      [
        [0.2, 0.8],
        [0.9, 0.1],
        [0.1, 0.9],
      ],
    ]);
    assert.deepEqual(decodeTags(scores, [2], false), [[1, 0]]);
  });
});

describe('parseSentences', () => {
  const trips = generateTrips(50);

  it('reads the same entities from both schemes', () => {
    for (const scheme of ['BIO', 'BIOES'] as const) {
      const { sentences, mended } = parseSentences(conll(trips, scheme), 'a.conll');
      assert.equal(mended, 0);
      assert.deepEqual(
        sentences.map(({ tokens, entities }) => ({ tokens, entities })),
        trips.map(({ tokens, entities }) => ({ tokens, entities })),
      );
    }
  });

  it('counts sentences whose tags break the rules', () => {
    const { sentences, mended } = parseSentences('a I-X\nb I-X\n\nc O\n', 'a.conll');
    assert.equal(mended, 1);
    assert.deepEqual(sentences[0]!.entities, [{ type: 'X', start: 0, end: 2 }]);
  });

  it('names file and line of a missing column and of a tag of no scheme', () => {
    assert.throws(
      () => parseSentences('a O\nb\n', 'a.conll'),
      /^Error: a\.conll:2: the line 'b' has 1 column/,
    );
    assert.throws(
      () => parseSentences('a O\n\nb O\nc PER\n', 'a.conll'),
      /^Error: a\.conll:4: the tag 'PER' is none of BIO or BIOES/,
    );
  });
});

describe('the vocabulary', () => {
  it('leaves capitals out of the vocabulary, and knows characters from words', () => {
    const { sentences } = parseSentences('Rome B-X\nrome O\nin O\nIn O\n', 'a.conll');
    assert.equal(tokenKind(sentences), 'word');
    const spelled = tokenizerFor(sentences, { data: 'a', out: '' }, true);
    assert.equal(new Set(idsOf(['Rome', 'rome', 'ROME'], spelled, true)).size, 1);
    const whole = tokenizerFor(sentences, { data: 'a', out: '', minimumCount: 1 }, false);
    assert.equal(new Set(idsOf(['Rome', 'rome', 'ROME'], whole, false)).size, 3);
    assert.equal(tokenKind(parseSentences('北 B-X\n京 I-X\n', 'a.conll').sentences), 'character');
  });
});

describe('training, measuring and using a tagger', () => {
  for (const model of taggerNames) {
    it(`${model}: the saved folder tags as the training measured`, async () => {
      const [out, data] = [join(folder, model), join(folder, 'trips')];
      const notes: string[] = [];
      const { metrics } = await trainTokenClassifier({
        data,
        out,
        model,
        scheme: model === 'transformer' ? 'BIO' : 'BIOES',
        epochs: 5,
        learningRate: model === 'transformer' ? 2e-3 : 1e-2,
        maximumLength: 11,
        onEvent: (event) => event.kind === 'note' && notes.push(event.text),
      });
      assert.ok(metrics.f1! > 0.5, `F1 is ${metrics.f1}`);
      const cutOff = [...generateTrips(240, 0), ...generateTrips(40, 1)].filter(
        ({ tokens }) => tokens.length > 11,
      ).length;
      assert.deepEqual(notes, [`${cutOff} sentence(s) are longer than 11 tokens and are cut off there.`]);
      const measured = await evaluateTokenClassifier({ model: out, data });
      assert.deepEqual(measured.metrics, metrics);
      assert.match(await readFile(join(out, 'README.md'), 'utf8'), /await openTokenClassifier\('\.'\)/);
      assert.match(await readFile(join(out, 'evaluation.md'), 'utf8'), /\| FROM \| [01]\.\d{4} \|/);

      const tagger = await openTokenClassifier(out);
      const sentences = generateTrips(40, 1);
      const predicted = await Promise.all(
        sentences.map(async ({ tokens }) => {
          const tags = await tagger.tag(tokens.slice(0, 11));
          return [...tags, ...tokens.slice(11).map(() => 'O')];
        }),
      );
      const actual = sentences.map(({ tokens, entities }) => tagsOf(entities, tokens.length));
      assert.equal(entityScores(predicted, actual).micro.f1, metrics.f1);
      const text = '  two tickets for Friday, Rome to New York';
      for (const found of await tagger.predict(text))
        assert.equal(text.slice(found.start, found.end), found.text);
      await assert.rejects(tagger.predict(' '), /The text is empty/);
      await assert.rejects(tagger.predict('to '.repeat(12)), /has 12 tokens, but the model takes 11/);
      await tagger.release();

      const other = join(folder, 'other.conll');
      await writeFile(other, 'to O\nRome B-TO\n\nby O\nnight B-HOUR\n');
      await assert.rejects(
        evaluateTokenClassifier({ model: out, data: other }),
        /other\.conll:5: the label 'HOUR' was not seen in training\. Labels: DAY, FROM, TIME, TO/,
      );
    });
  }

  it('refuses what it cannot do', async () => {
    const train = (options: object) =>
      trainTokenClassifier({ data: join(folder, 'trips'), out: join(folder, 'none'), ...options });
    await assert.rejects(train({ maximumLength: 5, tooLong: 'refuse' }), /train\.conll:1: the sentence has/);
    await assert.rejects(
      train({ model: 'transformer', spelling: true }),
      /cannot look at how tokens are written/,
    );
    await assert.rejects(train({ model: 'hmm' }), /There is no model for entities 'hmm'/);
    const plain = join(folder, 'plain.conll');
    await writeFile(plain, 'a O\nb O\n');
    await assert.rejects(train({ data: plain }), /there is no entity in it/);
    await assert.rejects(train({ data: join(folder, 'nowhere') }), /There is no file or folder/);
  });
});
