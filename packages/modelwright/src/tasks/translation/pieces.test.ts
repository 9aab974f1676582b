import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Example, specialIds, trainTokenizer } from '../../data/index.js';
import type { NdArray } from '../../graph/array.js';
import { pairBatches } from './batches.js';
import { bucketPairs } from './buckets.js';
import { generateDates, numberPair } from './dates.js';
import { unseenPairs } from './pairs.js';
import { isUnspaced, textOf, tokenizersFor } from './tokenizers.js';

describe('dates and numbers in two languages', () => {
  it('writes numbers as the languages do', () => {
    const expected: readonly [number, string, string][] = [
      [1, 'one', '一'],
      [10, 'ten', '十'],
      [15, 'fifteen', '十五'],
      [20, 'twenty', '二十'],
      [42, 'forty-two', '四十二'],
      [100, 'one hundred', '一百'],
      [105, 'one hundred and five', '一百零五'],
      [110, 'one hundred and ten', '一百一十'],
      [319, 'three hundred and nineteen', '三百一十九'],
      [999, 'nine hundred and ninety-nine', '九百九十九'],
    ];
    for (const [value, source, target] of expected) assert.deepEqual(numberPair(value), { source, target });
  });

  it('makes the same pairs from the same seed', () => {
    assert.deepEqual(generateDates(20), generateDates(30).slice(0, 20));
    assert.notDeepEqual(generateDates(20), generateDates(20, 1));
    assert.ok(generateDates(200).every(({ source, target }) => source !== '' && target !== ''));
  });
});

describe('bucketPairs', () => {
  const lengths = Array.from({ length: 3000 }, (_, i) => [1 + (i % 23), 1 + ((i * 7) % 31)] as const);

  it('puts each pair into one bucket that holds it, in few buckets with full batches', () => {
    const buckets = bucketPairs(lengths, { batchTokens: 1000, most: 6 });
    assert.ok(buckets.length <= 6);
    const seen = buckets.flatMap(({ indices }) => indices).sort((a, b) => a - b);
    assert.deepEqual(
      seen,
      lengths.map((_, i) => i),
    );
    for (const { indices, sourceLength, targetLength, batchSize } of buckets) {
      for (const index of indices) {
        assert.ok(lengths[index]![0] <= sourceLength && lengths[index]![1] <= targetLength);
      }
      assert.ok(indices.length * (sourceLength + targetLength) >= 1000);
      assert.equal(batchSize % 4, 0);
    }
  });

  it('pads less with more buckets', () => {
    const padded = (most: number): number =>
      bucketPairs(lengths, { batchTokens: 500, most }).reduce(
        (sum, { indices, sourceLength, targetLength }) =>
          sum + indices.length * (sourceLength + targetLength),
        0,
      );
    assert.ok(padded(12) < padded(4));
    assert.ok(padded(4) < padded(1));
    assert.equal(padded(1), 3000 * (24 + 32));
  });
});

describe('pairBatches', () => {
  it('shifts the target, weighs by its tokens, and fills up rows that weigh nothing', async () => {
    const pairs = [
      { source: [5, 6, 7], target: [8, 9, specialIds.end] },
      { source: [5], target: [8, specialIds.end] },
    ];
    const batches = pairBatches(pairs, { batchTokens: 100 });
    assert.equal(batches.length, 1);
    const batch = (await batches.at(0)) as Example;
    const rows = (name: string): number[][] => {
      const { shape, data } = batch[name] as NdArray<'int32'>;
      const width = shape[1]!;
      return Array.from({ length: shape[0]! }, (_, i) => [...data.slice(i * width, (i + 1) * width)]);
    };
    assert.deepEqual(rows('input_ids').slice(0, 2), [
      [5, 6, 7, 0],
      [5, 0, 0, 0],
    ]);
    assert.deepEqual(rows('decoder_input_ids').slice(0, 2), [
      [specialIds.begin, 8, 9, 0],
      [specialIds.begin, 8, 0, 0],
    ]);
    assert.deepEqual(rows('target').slice(0, 2), [
      [8, 9, specialIds.end, 0],
      [8, specialIds.end, 0, 0],
    ]);
    const weights = batch.weight!.toNumbers();
    assert.deepEqual(weights.slice(0, 2), [3, 2]);
    assert.ok(weights.slice(2).every((weight) => weight === 0));
  });
});

describe('tokenizers of two languages', () => {
  it('takes characters for languages without spaces', () => {
    assert.equal(isUnspaced(['我爱北京', 'OK']), true);
    assert.equal(isUnspaced(['これはペンです']), true);
    assert.equal(isUnspaced(['I love Beijing (北京)']), false);
    const pairs = [{ source: 'I love you.', target: '我爱你。' }];
    const { source, target } = tokenizersFor(pairs, {
      sourceTokenizer: undefined,
      targetTokenizer: undefined,
      vocabularySize: 300,
    });
    assert.deepEqual([source.kind, target.kind], ['bpe', 'character']);
  });

  it('joins words as the language writes them', () => {
    for (const text of ["I don't know, do you?", '我爱北京。', '(well) 3 apples!', '他说OK。']) {
      const tokenizer = trainTokenizer([text], { kind: 'word' });
      assert.equal(textOf(tokenizer.encode(text), tokenizer), text);
    }
  });
});

describe('unseenPairs', () => {
  it('leaves out what stands in the training data', () => {
    const pair = (source: string, line: number) => ({ source, target: 'x', line });
    const { pairs, seen } = unseenPairs([pair('a', 1), pair('b', 2)], [pair('a', 3)]);
    assert.deepEqual(pairs, [pair('b', 2)]);
    assert.equal(seen, 1);
  });
});
