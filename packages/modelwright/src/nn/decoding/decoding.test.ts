import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NdArray } from '../../graph/array.js';
import { Random } from '../../graph/random.js';
import {
  beamSearch,
  beamSearchSteps,
  type GenerateOptions,
  generate,
  generateBatch,
  recomputing,
  type StepModel,
  tokenProbabilities,
} from './index.js';

const vocabulary = 4;
const end = 0;

/** Logits that depend on the whole history, and on nothing else. */
function logitsAfter(history: readonly number[], spread = 1.5): number[] {
  const random = new Random(7, ...history);
  return Array.from({ length: vocabulary }, () => Math.fround(random.normal(0, spread)));
}

/** A model of these logits that also notes how many sequences it was asked about. */
function table(asked: number[] = []): StepModel {
  return recomputing(async (tokens) => {
    const [rows, length] = tokens.shape as [number, number];
    asked.push(rows);
    const values = tokens.toNumbers();
    return NdArray.from(
      Array.from({ length: rows }, (_, row) => logitsAfter(values.slice(row * length, (row + 1) * length))),
    );
  });
}

function logProbabilities(history: readonly number[]): number[] {
  const logits = logitsAfter(history);
  const total = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
  return logits.map((logit) => logit - total);
}

interface Ending {
  readonly tokens: readonly number[];
  readonly logProbability: number;
  readonly length: number;
}

/** Every continuation up to `maxTokens`, ended or cut off there. */
function enumerate(
  prompt: readonly number[],
  maxTokens: number,
  made: readonly number[] = [],
  sum = 0,
): Ending[] {
  if (made.length === maxTokens) return [{ tokens: made, logProbability: sum, length: maxTokens }];
  return logProbabilities([...prompt, ...made]).flatMap((own, token) =>
    token === end
      ? [{ tokens: made, logProbability: sum + own, length: made.length + 1 }]
      : enumerate(prompt, maxTokens, [...made, token], sum + own),
  );
}

async function collect(stream: AsyncIterable<number>): Promise<number[]> {
  const tokens: number[] = [];
  for await (const token of stream) tokens.push(token);
  return tokens;
}

const prompts = Array.from({ length: 12 }, (_, i) => [1 + (i % 3), i]);

describe('generate', () => {
  it('takes the most probable token at each step', async () => {
    for (const prompt of prompts) {
      const expected: number[] = [];
      while (expected.length < 6) {
        const logits = logitsAfter([...prompt, ...expected]);
        const best = logits.indexOf(Math.max(...logits));
        if (best === end) break;
        expected.push(best);
      }
      assert.deepEqual(await collect(generate(table(), prompt, { maxTokens: 6, end })), expected);
    }
  });

  it('gives each sequence of a batch what it gives that sequence alone, and lets those that ended go', async () => {
    for (const options of [{}, { repetitionPenalty: 1.7 }] satisfies Partial<GenerateOptions>[]) {
      const limits = { maxTokens: 6, end, ...options };
      const asked: number[] = [];
      const together = await generateBatch(table(asked), prompts, limits);
      const alone = await Promise.all(prompts.map((prompt) => collect(generate(table(), prompt, limits))));
      assert.deepEqual(together, alone);
      assert.ok(
        asked[0] === prompts.length && asked.at(-1)! < prompts.length,
        `sequences asked about: ${asked}`,
      );
    }
  });

  it('streams: a token is there before the next is computed, and leaving the loop ends the work', async () => {
    const asked: number[] = [];
    for await (const _ of generate(table(asked), [1], { maxTokens: 100 })) if (asked.length === 3) break;
    assert.equal(asked.length, 3);
  });

  it('draws by the seed, each sequence by itself', async () => {
    const options = { maxTokens: 20, temperature: 1 };
    const run = (seed: number, count: number) =>
      generateBatch(table(), prompts.slice(0, count), { ...options, seed });
    const [all, again, fewer, other] = await Promise.all([run(3, 4), run(3, 4), run(3, 2), run(4, 4)]);
    assert.deepEqual(all, again);
    assert.deepEqual(all!.slice(0, 2), fewer);
    assert.notDeepEqual(all, other);
  });

  it('draws as often as the probabilities say', async () => {
    const options = { temperature: 0.8, topK: 3, topP: 0.95 };
    const draws = 4000;
    const made = await generateBatch(table(), new Array(draws).fill([2, 5]), { ...options, maxTokens: 1 });
    const expected = tokenProbabilities(logitsAfter([2, 5]), [], options);
    const counts = expected.map((_, token) => made.filter(([own]) => own === token).length);
    const chiSquare = expected.reduce((sum, p, token) => {
      if (p === 0) assert.equal(counts[token], 0);
      return p === 0 ? sum : sum + (counts[token]! - draws * p) ** 2 / (draws * p);
    }, 0);
    assert.ok(
      chiSquare < 13.8,
      `chi square ${chiSquare}, above what two degrees of freedom give once in 1000`,
    );
  });

  it('says what is wrong', async () => {
    const run = (prompt: number[], options: object) =>
      collect(generate(table(), prompt, { maxTokens: 2, ...options }));
    await assert.rejects(run([], {}), /a prompt of at least one token/);
    await assert.rejects(run([1], { maxTokens: 0 }), /maxTokens must be a whole number/);
    await assert.rejects(run([1], { topP: 0 }), /topP is 0; expected more than 0/);
    await assert.rejects(run([1], { topK: 0 }), /topK must be a whole number/);
    await assert.rejects(run([1], { temperature: -1 }), /temperature is -1/);
    await assert.rejects(run([1], { repetitionPenalty: 0 }), /repetitionPenalty is 0/);
    await assert.rejects(generateBatch(table(), [[1], [1, 2]], { maxTokens: 1 }), /prompts of equal length/);
    const broken = recomputing(async () => NdArray.from([[1, Number.NaN]]));
    await assert.rejects(
      generateBatch(broken, [[1]], { maxTokens: 1 }),
      /largest logit of sequence 0 is NaN/,
    );
    const flat = recomputing(async () => NdArray.from([1, 2]));
    await assert.rejects(generateBatch(flat, [[1]], { maxTokens: 1 }), /logits float32\[2\] for 1 sequences/);
  });
});

describe('token probabilities', () => {
  const shares = [0.5, 0.25, 0.125, 0.125];
  const logits = shares.map(Math.log);
  const check = (found: Float64Array, expected: number[]) => {
    for (const [i, p] of expected.entries())
      assert.ok(Math.abs(found[i]! - p) < 1e-12, `${found} for ${expected}`);
  };

  it('are softmax of the logits over the temperature', () => {
    check(tokenProbabilities(logits, [], {}), shares);
    // p ^ (1 / 0.5) = 1/4, 1/16, 1/64, 1/64 of 22/64.
    check(tokenProbabilities(logits, [], { temperature: 0.5 }), [16 / 22, 4 / 22, 1 / 22, 1 / 22]);
  });

  it('keep the k largest, with ties, and the fewest that reach p', () => {
    check(tokenProbabilities(logits, [], { topK: 2 }), [2 / 3, 1 / 3, 0, 0]);
    check(tokenProbabilities(logits, [], { topK: 3 }), shares);
    check(tokenProbabilities(logits, [], { topP: 0.4 }), [1, 0, 0, 0]);
    check(tokenProbabilities(logits, [], { topP: 0.51 }), [2 / 3, 1 / 3, 0, 0]);
    check(tokenProbabilities(logits, [], { topP: 0.76 }), shares);
    check(tokenProbabilities(logits, [], { topK: 2, topP: 0.6 }), [1, 0, 0, 0]);
  });

  it('make what occurred less probable, above zero and below', () => {
    const penalized = tokenProbabilities([2, -1, 0.5], [0, 1, 1], { repetitionPenalty: 2 });
    check(penalized, [...tokenProbabilities([1, -2, 0.5], [], {})]);
  });
});

describe('beam search', () => {
  it('with one beam is greedy decoding', async () => {
    const limits = { maxTokens: 7, end };
    const greedy = await generateBatch(table(), prompts, limits);
    const beams = await beamSearch(table(), prompts, { ...limits, beams: 1, lengthPenalty: 1 });
    assert.deepEqual(
      beams.map(([best]) => best!.tokens),
      greedy,
    );
  });

  it('gives after each step what its result begins with, more of it each time', async () => {
    for (const beams of [1, 2, 4]) {
      const search = beamSearchSteps(table(), prompts, { maxTokens: 7, end, beams });
      const sure: (readonly (readonly number[])[])[] = [];
      let step = await search.next();
      for (; !step.done; step = await search.next()) sure.push(step.value);
      assert.deepEqual(step.value, await beamSearch(table(), prompts, { maxTokens: 7, end, beams }));
      for (const [i, [best]] of step.value.entries()) {
        let longest = 0;
        for (const tokens of sure.map((each) => each[i]!)) {
          assert.deepEqual(best!.tokens.slice(0, tokens.length), tokens);
          assert.ok(tokens.length >= longest);
          longest = tokens.length;
        }
      }
    }
  });

  it('ends when it is told to, with what there is by then', async () => {
    const stop = new AbortController();
    const search = beamSearchSteps(table(), prompts, {
      maxTokens: 7,
      end: -1,
      beams: 2,
      signal: stop.signal,
    });
    await search.next();
    stop.abort();
    const { done, value } = await search.next();
    assert.equal(done, true);
    for (const found of value as Awaited<ReturnType<typeof beamSearch>>)
      assert.deepEqual([found[0]!.tokens.length, found[0]!.ended], [1, false]);
  });

  it('with beams for everything finds what enumeration finds', async () => {
    const maxTokens = 4;
    for (const lengthPenalty of [0, 0.6, 2]) {
      const found = await beamSearch(table(), prompts, { maxTokens, end, beams: 121, lengthPenalty });
      for (const [i, prompt] of prompts.entries()) {
        const scored = enumerate(prompt, maxTokens).map((ending) => ({
          ...ending,
          score: ending.logProbability / ((5 + ending.length) / 6) ** lengthPenalty,
        }));
        const best = scored.reduce((a, b) => (b.score > a.score ? b : a));
        const [first, ...others] = found[i]!;
        assert.deepEqual(first!.tokens, best.tokens);
        assert.ok(Math.abs(first!.score - best.score) < 1e-9);
        assert.ok(Math.abs(first!.logProbability - best.logProbability) < 1e-9);
        assert.equal(first!.ended, best.tokens.length < maxTokens);
        for (const other of others) {
          const same = scored.find(({ tokens }) => tokens.join() === other.tokens.join())!;
          assert.ok(Math.abs(other.score - same.score) < 1e-9 && other.score <= first!.score);
        }
      }
    }
  });

  it('finds better ones the more beams there are, and as many as asked for', async () => {
    const mean = async (beams: number): Promise<number> => {
      const found = await beamSearch(table(), prompts, { maxTokens: 8, end, beams, lengthPenalty: 0 });
      assert.ok(found.every((list) => list.length >= 1 && list.length <= beams));
      return found.reduce((sum, [best]) => sum + best!.score, 0) / found.length;
    };
    const [one, two, eight] = [await mean(1), await mean(2), await mean(8)];
    assert.ok(one < two && two < eight, `${one}, ${two}, ${eight}`);
  });

  it('gives each sequence of a batch what it gives that sequence alone', async () => {
    const options = { maxTokens: 6, end, beams: 3 };
    const together = await beamSearch(table(), prompts, options);
    for (const [i, prompt] of prompts.entries()) {
      assert.deepEqual(await beamSearch(table(), [prompt], options), [together[i]]);
    }
  });

  it('says what is wrong', async () => {
    await assert.rejects(
      beamSearch(table(), [[1]], { maxTokens: 2, beams: 0 }),
      /beams must be a whole number/,
    );
    await assert.rejects(
      beamSearch(table(), [[1]], { maxTokens: 2, lengthPenalty: -1 }),
      /lengthPenalty is -1/,
    );
  });
});
