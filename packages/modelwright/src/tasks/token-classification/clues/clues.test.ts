// What taggers know of tokens beside which they are.
import assert from 'node:assert/strict';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { words } from '../../../data/text/index.js';
import { NdArray } from '../../../graph/array.js';
import { entityScores, tagsOf } from '../../../nn/metrics/text/entities.js';
import {
  evaluateTokenClassifier,
  generateTrips,
  openTokenClassifier,
  taggerNames,
  trainTokenClassifier,
} from '../../index.js';
import { parseSentences } from '../sentences.js';
import type { ClueOptions, ClueSource } from './clue.js';
import { clueNumbers, makeClues, savedClues, taggerInputs } from './index.js';
import { placesInWords } from './wordBounds.js';

const sourceOf = (conll: string, tokens: ClueSource['tokens'] = 'character'): ClueSource => ({
  ...{ sentences: parseSentences(conll, 'a.conll').sentences, tokens, data: 'a.conll', vocabularySize: 100 },
});

const chosen = (model: string, source: ClueSource, options: ClueOptions = {}) =>
  savedClues(makeClues(model, source, options));

/** 北京 three times, 北海 twice, 北国 once. */
const north = `${'北 B-X\n京 I-X\n\n'.repeat(3)}${'北 B-X\n海 I-X\n\n'.repeat(2)}北 O\n国 O\n`;

describe('the spelling of tokens', () => {
  it('is told by their bytes, from 1; of long ones by the first ten and the last ten', () => {
    const ids = NdArray.of('int32', [2, 2], [4, 5, 6, 0]);
    const clues = makeClues('bilstm-crf', sourceOf('a O\n', 'word'), {});
    const sentences = [['aé', 'abcdefghij--klmnopqrst'], ['b']];
    const { bytes, input_ids } = taggerInputs(ids, clueNumbers(clues, sentences));
    assert.equal(input_ids, ids);
    assert.deepEqual(bytes!.shape, [2, 2, 20]);
    const rows = [0, 1, 2, 3].map((row) => bytes!.toNumbers().slice(20 * row, 20 * row + 20));
    const filled = (values: number[]): number[] => [
      ...values,
      ...new Array<number>(20 - values.length).fill(0),
    ];
    const codes = (text: string): number[] => [...text].map((letter) => letter.charCodeAt(0) + 1);
    assert.deepEqual(rows, [
      filled([98, 0xc3 + 1, 0xa9 + 1]),
      codes('abcdefghijklmnopqrst'),
      filled([99]),
      filled([]),
    ]);
    assert.deepEqual(Object.keys(taggerInputs(ids, [])), ['input_ids']);
  });
});

describe('bigrams', () => {
  it('are pairs with the next token, or the end, that occur often enough; others are unknown', () => {
    const clues = makeClues('bilstm-crf', sourceOf(north), { bigrams: 2, wordBounds: false });
    // After 4 special tokens by falling count, then by code point: 北京, 京</s>; 北海, 海</s>.
    const ids = NdArray.of('int32', [2, 3], [9, 9, 9, 9, 9, 0]);
    const sentences = [
      ['北', '京', '北'],
      ['北', '海'],
    ];
    const { bigrams } = taggerInputs(ids, clueNumbers(clues, sentences));
    assert.deepEqual(bigrams!.shape, [2, 3]);
    assert.deepEqual(bigrams!.toNumbers(), [5, 1, 1, 6, 7, 0]);
    assert.equal(clues.bigrams!.lookup!.vocabulary, 8);
  });

  it('need none where nothing is said, and say so where they are wanted', () => {
    const rare = sourceOf('北 B-X\n京 I-X\n\n北 B-X\n海 I-X\n');
    assert.equal(chosen('bilstm-crf', rare).bigrams, false);
    assert.throws(
      () => chosen('bilstm-crf', rare, { bigrams: 0 }),
      /bigrams is 0; expected a whole number from 1/,
    );
    assert.throws(
      () => chosen('bilstm-crf', rare, { bigrams: 3 }),
      /^RangeError: a\.conll, bigrams: The vocabulary is empty: of 4 different tokens none occurs 3 times/,
    );
  });
});

describe('the bounds of words', () => {
  it('are where the dictionary cuts a text', () => {
    const [first, inside, last, only] = [1, 2, 3, 4];
    assert.deepEqual(placesInWords([...'我爱北京']), [only, only, first, last]);
    assert.deepEqual(placesInWords([...'出版物。']), [first, inside, last, only]);
    // Tokens of several characters, and white space that is a token.
    assert.deepEqual(placesInWords(['北京', '\u3000', '爱', '2026', '年']), [only, only, only, only, only]);
    assert.deepEqual(placesInWords([]), []);
  });

  it('give back the words of real sentences', async (t) => {
    const { MODELWRIGHT_DATA: data } = process.env;
    if (!data) return t.skip('MODELWRIGHT_DATA is not set');
    const file = await readFile(join(data, 'msra-ner', 'dh_msra.txt.gz'));
    const text = gunzipSync(file).toString('utf8').replaceAll('\r', '').slice(0, 200_000);
    const { sentences } = parseSentences(text.slice(0, text.lastIndexOf('\n\n')), 'msra');
    assert.ok(sentences.length > 500);
    for (const { tokens } of sentences) {
      const found: string[] = [];
      for (const [i, place] of placesInWords(tokens).entries()) {
        if (place === 1 || place === 4) found.push(tokens[i]!);
        else found.push(found.pop()! + tokens[i]!);
      }
      assert.deepEqual(found, words(tokens.join('')));
    }
  });
});

describe('which clues a tagger is given', () => {
  const [english, chinese] = [sourceOf('a B-X\n\nb O\n', 'word'), sourceOf(north)];

  it('is decided by what tokens are, unless it is said', () => {
    assert.deepEqual(chosen('bilstm-crf', english), { spelling: true, bigrams: false, wordBounds: false });
    assert.deepEqual(chosen('transformer', english), { spelling: false, bigrams: false, wordBounds: false });
    for (const model of taggerNames)
      assert.deepEqual(chosen(model, chinese), { spelling: false, bigrams: 6, wordBounds: true });
    const other = { spelling: true, bigrams: false, wordBounds: false } as const;
    assert.deepEqual(chosen('bilstm-crf', chinese, other), other);
    assert.equal(chosen('bilstm-crf', english, { bigrams: 1 }).bigrams, 6);
  });

  it('is refused where a clue tells the model nothing', () => {
    assert.throws(
      () => chosen('transformer', english, { spelling: true }),
      /^Error: The model 'transformer' cannot look at how tokens are written \(spelling\)\.$/,
    );
    assert.throws(
      () => chosen('bilstm-crf', english, { wordBounds: true }),
      /^Error: Tokens are words already: there are no bounds of words to find among them \(wordBounds\)\.$/,
    );
  });
});

describe('a tagger of characters with its clues', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'modelwright-clues-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  for (const model of taggerNames) {
    it(`${model}: the saved folder tags as the training measured`, async () => {
      const out = join(folder, model);
      const { metrics } = await trainTokenClassifier({
        ...{ data: 'trips-zh', out, model, epochs: 3, maximumLength: 32 },
        learningRate: model === 'transformer' ? 2e-3 : 1e-2,
      });
      assert.ok(metrics.f1! > 0.6, `F1 is ${metrics.f1}`);
      const config = JSON.parse(await readFile(join(out, 'config.json'), 'utf8'));
      assert.deepEqual(
        config.inputs.map(({ name, shape }: { name: string; shape: unknown }) => [name, shape]),
        ['input_ids', 'bigrams', 'word_bounds'].map((name) => [name, ['batch', 'time']]),
      );
      assert.deepEqual((await evaluateTokenClassifier({ model: out, data: 'trips-zh' })).metrics, metrics);
      const tagger = await openTokenClassifier(out);
      const sentences = generateTrips(200, 1, 'trips-zh');
      const predicted = await Promise.all(sentences.map(({ tokens }) => tagger.tag(tokens)));
      const actual = sentences.map(({ tokens, entities }) => tagsOf(entities, tokens.length));
      assert.equal(entityScores(predicted, actual).micro.f1, metrics.f1);
      const text = '请订一张 明天从南京到乌鲁木齐的票';
      for (const { start, end, text: own } of await tagger.predict(text))
        assert.equal(text.slice(start, end), own);
      await tagger.release();
    });
  }

  it("refuses another model's bigrams", async () => {
    const data = join(folder, 'north.conll');
    await writeFile(data, north);
    const settings = { data, model: 'transformer', epochs: 1, validationSplit: 0, features: 16 };
    const [two, three] = [join(folder, 'two'), join(folder, 'three')];
    await trainTokenClassifier({ ...settings, out: two, bigrams: 2 });
    await trainTokenClassifier({ ...settings, out: three, bigrams: 3 });
    await copyFile(join(two, 'bigrams', 'tokenizer.json'), join(three, 'bigrams', 'tokenizer.json'));
    await assert.rejects(
      openTokenClassifier(three),
      /three: bigrams\/tokenizer\.json has 8 tokens, but the model was trained with 6: it is another model's/,
    );
    await rm(join(three, 'bigrams', 'tokenizer.json'));
    await assert.rejects(openTokenClassifier(three), /three has no bigrams\/tokenizer\.json/);
  });
});
