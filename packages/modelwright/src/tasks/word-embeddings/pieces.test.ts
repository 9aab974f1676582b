import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NdArray } from '../../graph/array.js';
import { Random } from '../../graph/random.js';
import { countCooccurrences } from './cooccurrences.js';
import { encodeCorpus, keepProbabilities, NoiseSampler } from './corpus.js';
import { grammarSentences } from './grammar.js';
import { RowTable } from './rowTable.js';
import { StretchSampler, stretchLength } from './stretches.js';
import { buildWordVocabulary, UnknownWordError, Vocabulary } from './vocabulary.js';
import { splitWords } from './words.js';
import { WordVectors } from './wordVectors.js';

describe('words of a text', () => {
  it('splits English and Chinese, without punctuation, in small letters', () => {
    assert.deepEqual(splitWords("The dog's ball -- 3 balls!\r\n\r\n...\nＡＢＣ"), [
      ['the', "dog's", 'ball', '3', 'balls'],
      ['abc'],
    ]);
    assert.deepEqual(splitWords('我爱北京。\n他们在学校学习，很高兴！', { language: 'zh' }), [
      ['我', '爱', '北京'],
      ['他们', '在', '学校', '学习', '很', '高兴'],
    ]);
    assert.deepEqual(splitWords('The Dog', { lowercase: false }), [['The', 'Dog']]);
  });

  it('keeps the words that are frequent enough, most frequent first', () => {
    const vocabulary = buildWordVocabulary(
      [
        ['b', 'a', 'c', 'a'],
        ['b', 'd', 'c', 'c'],
      ],
      { minimumCount: 2, maximumSize: 2 },
    );
    assert.deepEqual(
      [vocabulary.words, vocabulary.counts],
      [
        ['c', 'a'],
        [3, 2],
      ],
    );
    assert.deepEqual([...encodeCorpus([['b'], ['a', 'd', 'c'], ['c']], vocabulary).tokens], [1, 0, 0]);
  });

  it('names similar words for one that is unknown', () => {
    const vocabulary = new Vocabulary(['colour', 'color', 'dolour', 'house'], [1, 1, 1, 1]);
    assert.throws(
      () => vocabulary.indexOf('coluor'),
      (error: UnknownWordError) => {
        assert.deepEqual(error.suggestions, ['color', 'colour']);
        return /'coluor' is not in the vocabulary\. Did you mean color, colour\?/.test(error.message);
      },
    );
    assert.throws(
      () => vocabulary.indexOf('xyz'),
      /^UnknownWordError: The word 'xyz' is not in the vocabulary\.$/,
    );
  });
});

describe('what is learnt from', () => {
  it('draws noise by count^0.75, and keeps frequent words less often', () => {
    const vocabulary = new Vocabulary(['a', 'b', 'c'], [16, 81, 1]);
    const sampler = new NoiseSampler(vocabulary);
    const expected = [8, 27, 1].map((power) => power / 36);
    for (const [i, share] of sampler.probabilities.entries())
      assert.ok(Math.abs(share - expected[i]!) < 1e-12);
    const drawn = [0, 0, 0];
    const random = new Random(1);
    const draws = 20_000;
    for (let i = 0; i < draws; i++) drawn[sampler.draw(random)]! += 1;
    for (const [i, share] of expected.entries()) {
      const deviation = Math.sqrt((share * (1 - share)) / draws);
      assert.ok(Math.abs(drawn[i]! / draws - share) < 5 * deviation);
    }
    const ratio = (0.1 * 98) / 81;
    assert.deepEqual(
      [...keepProbabilities(vocabulary, 0.1)],
      [Math.sqrt(9.8 / 16) + 9.8 / 16, Math.sqrt(ratio) + ratio, 1].map((p) => Math.min(1, p)),
    );
    assert.deepEqual([...keepProbabilities(vocabulary, 0)], [1, 1, 1]);
  });

  it('gives every word one window an epoch, with all the words that the window reaches', () => {
    const sentences = grammarSentences(60, 3);
    sentences.push(Array.from({ length: 150 }, (_, i) => `w${i % 50}`));
    const vocabulary = buildWordVocabulary(sentences, { minimumCount: 1 });
    const corpus = encodeCorpus(sentences, vocabulary);
    const window = 3;
    const sampler = new StretchSampler(corpus, vocabulary, { window, batchSize: 128, subsample: 0 });
    const seen = new Map<string, number>();
    for (const { words, others } of sampler.epoch(1, 0)) {
      const [tokens, radii, numbers] = [
        words.tokens!.data,
        others.radii!.data as Int32Array,
        others.sentences!.data as Int32Array,
      ];
      for (const [i, radius] of radii.entries()) {
        if (radius === 0) continue;
        const stretch = Math.floor(i / stretchLength);
        const around = Array.from({ length: 2 * window + 1 }, (_, k) => i + k - window)
          .filter((j) => Math.floor(j / stretchLength) === stretch && numbers[j] === numbers[i])
          .map((j) => tokens[j]);
        if (numbers[i]! < 0) continue;
        const key = `${numbers[i]}: ${around.join(' ')} / ${tokens[i]}`;
        seen.set(key, (seen.get(key) ?? 0) + 1);
        assert.ok(radius <= window);
      }
    }
    const expected = new Map<string, number>();
    for (const [number, words] of sentences.entries()) {
      for (const i of words.keys()) {
        const around = words
          .slice(Math.max(0, i - window), i + window + 1)
          .map((word) => vocabulary.indexOf(word));
        const key = `${number}: ${around.join(' ')} / ${vocabulary.indexOf(words[i]!)}`;
        expected.set(key, (expected.get(key) ?? 0) + 1);
      }
    }
    assert.deepEqual(new Map([...seen].sort()), new Map([...expected].sort()));
  });

  it('counts pairs by 1 / distance, within sentences', () => {
    const vocabulary = new Vocabulary(['a', 'b', 'c'], [1, 1, 1]);
    const pairs = countCooccurrences(
      encodeCorpus(
        [
          ['a', 'b', 'a', 'c'],
          ['c', 'b'],
        ],
        vocabulary,
      ),
      3,
      2,
    );
    const found = Object.fromEntries(
      [...pairs.counts].map((count, i) => [`${pairs.first[i]}${pairs.second[i]}`, count]),
    );
    assert.deepEqual(found, { '00': 1, '01': 2, '02': 1, '10': 2, '12': 1.5, '20': 1, '21': 1.5 });
  });

  it('picks rows of a table, each once, and puts back those alone', () => {
    const table = new RowTable(1000, 2);
    for (const i of table.values.keys()) table.values[i] = i;
    const [a, b] = [Int32Array.of(7, 3, 7), Int32Array.of(3, 9)];
    const { ids, values } = table.pick([a, b]);
    assert.deepEqual(
      [[...ids], [...a], [...b]],
      [
        [7, 3, 9],
        [0, 1, 0],
        [1, 2],
      ],
    );
    assert.deepEqual([...values.data.subarray(0, 8)], [14, 15, 6, 7, 18, 19, 0, 0]);
    table.put(
      ids,
      values.data.map((value) => value + 0.5),
      new Float32Array(values.size).fill(1),
    );
    assert.deepEqual([...table.values.subarray(4, 10)], [4, 5, 6.5, 7.5, 8, 9]);
    assert.equal(
      table.slots.reduce((sum, value) => sum + value, 0),
      6,
    );
  });
});

describe('word vectors', () => {
  const vectors = new WordVectors(
    ['a', 'b', 'c', 'd', 'zero'],
    NdArray.from([
      [1, 0],
      [2, 2],
      [0, 3],
      [-1, 1],
      [0, 0],
    ]),
  );

  it('gives nearest words by cosine', () => {
    assert.deepEqual(
      vectors.nearest('a', 2).map(({ word }) => word),
      ['b', 'c'],
    );
    assert.ok(Math.abs(vectors.similarity('a', 'b') - Math.SQRT1_2) < 1e-6);
    assert.equal(vectors.similarity('a', 'zero'), 0);
    assert.throws(() => vectors.nearest('e'), UnknownWordError);
  });

  it('answers analogies by 3CosAdd: turning a by 45 degrees gives b, and b turned so gives c', () => {
    assert.equal(vectors.analogy('a', 'b', 'c')[0]!.word, 'd');
    assert.throws(
      () => new WordVectors(['a'], vectors.vectors),
      /Vectors of 1 words are float32\[1, dimensions\], but these are float32\[5, 2\]/,
    );
  });
});
