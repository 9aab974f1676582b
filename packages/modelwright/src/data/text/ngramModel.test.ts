import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NgramModel } from './ngramModel.js';

const texts = ['a b a c', 'a b', 'b a c c'].map((text) => text.split(' '));
const words = ['a', 'b', 'c'];

describe('NgramModel', () => {
  const model = NgramModel.train(texts, 3);

  it('gives what the formula gives', () => {
    // Unigrams: a 4, b 3, c 3, end 3: 13 words of 4 kinds; each of 5 (one unknown) is as likely beforehand.
    const a = (4 + 4 / 5) / 17;
    assert.ok(Math.abs(Math.exp(model.score([], 'b')) - (1 + 2 * ((3 + 4 / 5) / 17)) / 5) < 1e-12);
    // After b came a twice and the end once: 3 words of 2 kinds.
    const afterB = (2 + 2 * a) / 5;
    assert.ok(Math.abs(Math.exp(NgramModel.train(texts, 2).score(['b'], 'a')) - afterB) < 1e-12);
    // After "a b": a once and the end once, interpolated with what comes after b.
    assert.ok(Math.abs(Math.exp(model.score(['a', 'b'], 'a')) - (1 + 2 * afterB) / 4) < 1e-12);
  });

  it('is a probability after every history, words never seen included', () => {
    for (const history of [[], ['a'], ['a', 'b'], ['c', 'b'], ['x', 'y'], ['b', 'a', 'c']]) {
      const all = [...words, 'never', undefined].map((word) => Math.exp(model.score(history, word)));
      assert.ok(Math.abs(all.reduce((x, y) => x + y) - 1) < 1e-9, `${history}`);
    }
  });

  it('is less surprised by what it has read, and the same after a round trip through ARPA', () => {
    assert.ok(model.perplexity(texts) < NgramModel.train(texts, 1).perplexity(texts));
    const arpa = model.toArpa();
    assert.match(arpa, /^\\data\\\nngram 1=6\nngram 2=\d+\nngram 3=\d+\n\n\\1-grams:\n/);
    const read = NgramModel.fromArpa(arpa);
    assert.equal(read.order, 3);
    for (const history of [[], ['a'], ['c', 'b']])
      for (const word of [...words, 'never', undefined])
        assert.ok(Math.abs(read.score(history, word) - model.score(history, word)) < 1e-5);
  });

  it('refuses what it cannot count or read', () => {
    assert.throws(() => NgramModel.train(texts, 0), /order must be a whole number/);
    assert.throws(() => NgramModel.train([]), /no word to count/);
    assert.throws(() => NgramModel.fromArpa('hello'), /has no unigrams/);
    assert.throws(
      () => NgramModel.fromArpa('\\2-grams:\n-1\ta\n', 'lm.arpa'),
      /lm\.arpa:2: this is no n-gram of 2/,
    );
  });
});
