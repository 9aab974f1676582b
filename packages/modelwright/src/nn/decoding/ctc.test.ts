import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../../graph/random.js';
import { CtcBeamSearch, type CtcDecoder, GreedyCtc, type SequenceScorer } from './index.js';

const [steps, classes] = [5, 3];

/** Logits of each step, drawn at random. */
const drawn = (seed: number): Float32Array[] => {
  const random = new Random(seed);
  return Array.from({ length: steps }, () =>
    Float32Array.from({ length: classes }, () => random.normal(0, 1.5)),
  );
};

/** The probability of each token sequence: the sum over all ways to say it. */
function allSequences(logits: readonly Float32Array[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (let path = 0; path < classes ** steps; path++) {
    const said = Array.from({ length: steps }, (_, step) => Math.floor(path / classes ** step) % classes);
    const probability = said.reduce((product, token, step) => {
      const row = logits[step]!;
      return (product * Math.exp(row[token]!)) / row.reduce((sum, value) => sum + Math.exp(value), 0);
    }, 1);
    const tokens = said.filter((token, step) => token !== 0 && token !== said[step - 1]).join(' ');
    sums.set(tokens, (sums.get(tokens) ?? 0) + probability);
  }
  return sums;
}

const hear = (decoder: CtcDecoder, logits: readonly Float32Array[]): string => {
  for (const row of logits) decoder.push(row);
  return decoder
    .heard(true)
    .map(({ token }) => token)
    .join(' ');
};

describe('CtcBeamSearch', () => {
  it('finds the likeliest sequence over all ways to say it', () => {
    let differs = 0;
    for (let seed = 0; seed < 40; seed++) {
      const logits = drawn(seed);
      const [best] = [...allSequences(logits)].reduce((a, b) => (b[1] > a[1] ? b : a));
      assert.equal(hear(new CtcBeamSearch({ beams: 200, least: -100 }), logits), best);
      differs += Number(hear(new GreedyCtc(), logits) !== best);
    }
    assert.ok(differs > 0, 'the likeliest path is not always that of the likeliest sequence');
  });

  it('weighs in what is known beforehand, and the end', () => {
    // Each 2 costs, a 1 after a 1 pays, and ending on a 2 costs more.
    const scorer: SequenceScorer<number> = {
      start: 0,
      extend: (last, token) => ({ state: token, score: token === 2 ? -0.7 : last === 1 ? 1.1 : 0 }),
      finish: (last) => (last === 2 ? -0.9 : 0),
    };
    const scoreOf = (tokens: readonly number[]): number =>
      tokens.reduce((sum, token, i) => sum + scorer.extend(tokens[i - 1] ?? 0, token).score, 0) +
      scorer.finish(tokens.at(-1) ?? 0);
    for (let seed = 0; seed < 40; seed++) {
      const logits = drawn(seed);
      const ranked = [...allSequences(logits)].map(([text, probability]) => {
        const tokens = text === '' ? [] : text.split(' ').map(Number);
        return { text, worth: Math.log(probability) + scoreOf(tokens) };
      });
      const best = ranked.reduce((a, b) => (b.worth > a.worth ? b : a));
      const search = new CtcBeamSearch({ beams: 200, least: -100, scorer: scorer as SequenceScorer });
      assert.equal(hear(search, logits), best.text);
    }
  });

  it('refuses to keep nothing', () => {
    assert.throws(() => new CtcBeamSearch({ beams: 0 }), /beams must be a whole number/);
  });
});

describe('CTC decoders', () => {
  const row = (token: number): Float32Array =>
    Float32Array.from({ length: 3 }, (_, i) => (i === token ? 6 : 0));

  it('leave out blanks and repeats, and say when each token was heard', () => {
    const said = [0, 1, 1, 0, 1, 2, 2, 0].map(row);
    for (const decoder of [new GreedyCtc(), new CtcBeamSearch()]) {
      assert.equal(hear(decoder, said), '1 1 2');
      const starts = decoder.heard().map(({ start }) => start);
      assert.deepEqual(starts, [1, 4, 5]);
    }
    const greedy = new GreedyCtc();
    hear(greedy, said);
    assert.deepEqual(
      greedy.heard().map(({ end }) => end),
      [3, 5, 7],
    );
  });

  it('tell a part before the end, and nothing of silence', () => {
    const greedy = new GreedyCtc();
    greedy.push(row(0));
    assert.deepEqual(greedy.heard(), []);
    greedy.push(row(2));
    assert.equal(greedy.heard().length, 1);
    assert.deepEqual(new CtcBeamSearch().heard(true), []);
  });
});
