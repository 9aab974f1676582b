import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../../../graph/random.js';
import { readFixture } from '../../../testing/fixture.js';
import {
  alignItems,
  type BleuOptions,
  type BleuScore,
  type BleuTokenization,
  bitsPerCharacter,
  bleu,
  bleuTokens,
  type ChrfOptions,
  characterErrorRate,
  chrf,
  convertTags,
  entitiesOf,
  entityConfusions,
  entityScores,
  perplexity,
  tagsOf,
  wordErrorRate,
} from './index.js';

interface Translation {
  readonly tokens: readonly { tokenize: BleuTokenization; line: string; tokens: string[] }[];
  readonly cases: readonly {
    title: string;
    hypotheses: string[];
    references: string[][];
    bleuOptions: BleuOptions;
    chrfOptions: ChrfOptions;
    bleu: BleuScore;
    chrf: number;
  }[];
}

interface ScoreRow {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  readonly support: number;
}

interface Entities {
  readonly cases: readonly {
    marks: string;
    actual: string[][];
    predicted: string[][];
    entities: [string, number, number][][];
    micro: ScoreRow;
    types: ({ name: string } & ScoreRow)[];
  }[];
}

const translation = readFixture<Translation>(import.meta.url, 'fixtures/translation.json');
const entities = readFixture<Entities>(import.meta.url, 'fixtures/entities.json');

function near(found: number, expected: number, what: string): void {
  assert.ok(Math.abs(found - expected) < 1e-9, `${what}: ${found}, expected ${expected}`);
}

describe('BLEU and chrF as in sacreBLEU', () => {
  it('cut lines into the same tokens', () => {
    for (const { tokenize, line, tokens } of translation.tokens) {
      assert.deepEqual(bleuTokens(line, tokenize), tokens, `${tokenize}: ${line}`);
    }
  });

  for (const sample of translation.cases) {
    it(sample.title, () => {
      const found = bleu(sample.hypotheses, sample.references, sample.bleuOptions);
      near(found.score, sample.bleu.score, 'BLEU');
      near(found.brevityPenalty, sample.bleu.brevityPenalty, 'brevity penalty');
      for (const [i, precision] of sample.bleu.precisions.entries()) {
        near(found.precisions[i]!, precision, `precision ${i + 1}`);
      }
      assert.equal(found.hypothesisLength, sample.bleu.hypothesisLength);
      assert.equal(found.referenceLength, sample.bleu.referenceLength);
      near(chrf(sample.hypotheses, sample.references, sample.chrfOptions), sample.chrf, 'chrF');
    });
  }

  it('say what is wrong', () => {
    assert.throws(() => bleu(['a', 'b'], [['a']]), /2 hypotheses and references for 1/);
    assert.throws(() => chrf(['a'], [[]]), /hypothesis 0 has no reference/);
    assert.throws(() => bleu(['a'], [['a']], { maxOrder: 0 }), /maxOrder must be a whole number/);
    assert.throws(() => bleu(['a'], [['a']], { tokenize: 'ja' as 'zh' }), /no tokenisation 'ja'/);
  });
});

describe('entities as in seqeval', () => {
  for (const sample of entities.cases) {
    it(`${sample.marks}: the same entities and scores, in sentences that break the rules too`, () => {
      const found = sample.actual.map((tags) =>
        entitiesOf(tags).map(({ type, start, end }) => [type, start, end]),
      );
      assert.deepEqual(found, sample.entities);
      const report = entityScores(sample.predicted, sample.actual);
      const rows = [report.micro, ...report.types];
      for (const [i, expected] of [sample.micro, ...sample.types].entries()) {
        for (const score of ['precision', 'recall', 'f1', 'support'] as const) {
          near(rows[i]![score], expected[score], score);
        }
      }
      assert.deepEqual(
        report.types.map(({ name }) => name),
        sample.types.map(({ name }) => name),
      );
      near(report.macro.f1, (sample.types[0]!.f1 + sample.types[1]!.f1) / 2, 'macro F1');
    });
  }

  it('are written in either scheme, and read back the same', () => {
    const tags = ['B-PER', 'I-PER', 'B-PER', 'O', 'I-LOC', 'I-LOC', 'I-LOC'];
    const ends = ['B-PER', 'E-PER', 'S-PER', 'O', 'B-LOC', 'I-LOC', 'E-LOC'];
    assert.deepEqual(convertTags(tags, 'BIOES'), ends);
    assert.deepEqual(convertTags(ends, 'BIO'), ['B-PER', 'I-PER', 'B-PER', 'O', 'B-LOC', 'I-LOC', 'I-LOC']);
    for (const { actual } of entities.cases) {
      for (const sentence of actual) {
        const known = entitiesOf(sentence);
        for (const scheme of ['BIO', 'BIOES'] as const) {
          assert.deepEqual(entitiesOf(tagsOf(known, sentence.length, scheme)), known);
        }
      }
    }
  });

  it('say what is wrong', () => {
    assert.throws(() => entitiesOf(['O', 'X-PER']), /The tag 'X-PER' is none of BIO or BIOES/);
    assert.throws(() => entityScores([['O']], [['O', 'O']]), /sentence 0 has 1 predicted tags and 2/);
    assert.throws(() => entityScores([], [['O']]), /0 predicted sentences and 1/);
    assert.throws(() => tagsOf([{ type: 'A', start: 0, end: 3 }], 2), /entity A at 0 \.\. 3/);
  });
});

describe('error rates', () => {
  it('count the edits of the shortest alignment', () => {
    const edits = alignItems([...'sitting'], [...'kitten']);
    assert.equal(edits.map(({ kind }) => kind[0]).join(''), 'smmmsmi');
    const words = wordErrorRate(['the cat sat on mat', ''], ['a cat sat on the mat', 'one two']);
    // the/a; 'the' missing; both words of the second missing: 4 of 8.
    assert.deepEqual(words, { rate: 0.5, substitutions: 1, deletions: 3, insertions: 0, length: 8 });
    // Two characters beyond the basic plane, one of them right, one too many.
    const characters = characterErrorRate(['𠀀𠀁x'], ['𠀀𠀂']);
    assert.deepEqual(characters, { rate: 1, substitutions: 1, deletions: 0, insertions: 1, length: 2 });
    assert.equal(wordErrorRate([''], ['']).rate, 0);
    assert.equal(wordErrorRate(['a'], ['']).rate, Number.POSITIVE_INFINITY);
    assert.throws(() => wordErrorRate(['a'], []), /1 hypotheses and 0 references/);
  });

  it('are the shortest, and rebuild both texts', () => {
    const distance = (a: readonly number[], b: readonly number[]): number => {
      if (a.length === 0 || b.length === 0) return a.length + b.length;
      const [x, y] = [a.slice(1), b.slice(1)];
      return Math.min(distance(x, y) + Number(a[0] !== b[0]), distance(x, b) + 1, distance(a, y) + 1);
    };
    const random = new Random(1);
    for (let i = 0; i < 40; i++) {
      const [a, b] = [0, 1].map(() =>
        Array.from({ length: random.integer(0, 6) }, () => random.integer(0, 3)),
      );
      const edits = alignItems(a!, b!);
      assert.equal(edits.filter(({ kind }) => kind !== 'match').length, distance(a!, b!));
      assert.deepEqual(
        edits.flatMap((edit) => ('hypothesis' in edit ? [edit.hypothesis] : [])),
        a,
      );
      assert.deepEqual(
        edits.flatMap((edit) => ('reference' in edit ? [edit.reference] : [])),
        b,
      );
    }
  });
});

describe('perplexity and bits per character', () => {
  it('of a uniform choice are the number of choices and its logarithm', () => {
    near(perplexity(10 * Math.log(65), 10), 65, 'perplexity');
    near(bitsPerCharacter(10 * Math.log(64), 10), 6, 'bits per character');
  });
});

describe('entityConfusions', () => {
  const entity = (type: string, start: number, end: number) => ({ type, start, end });

  it('tells other types, other bounds, what was missed and what was invented', () => {
    const actual = [
      [entity('PER', 0, 2), entity('LOC', 3, 4), entity('LOC', 6, 9)],
      [entity('PER', 0, 1), entity('LOC', 2, 3)],
    ];
    const predicted = [
      [entity('PER', 0, 2), entity('ORG', 3, 4), entity('LOC', 6, 8)],
      [entity('PER', 0, 1), entity('ORG', 4, 6)],
    ];
    assert.deepEqual(entityConfusions(predicted, actual), {
      types: {
        PER: { asType: { PER: 2 }, otherBounds: 0, missed: 0 },
        LOC: { asType: { ORG: 1 }, otherBounds: 1, missed: 1 },
      },
      invented: { ORG: 1 },
    });
  });

  it('says when the sentences differ in number', () =>
    assert.throws(() => entityConfusions([], [[]]), /0 predicted sentences and 1 actual ones/));
});
