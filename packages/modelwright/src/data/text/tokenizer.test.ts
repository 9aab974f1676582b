import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Tokenizer as Engine } from '@huggingface/tokenizers';
import { Random } from '../../graph/random.js';
import { cleanText } from './clean.js';
import { learnMerges } from './merges.js';
import { words } from './segment.js';
import { Tokenizer } from './tokenizer.js';
import type { TokenizerKind } from './tokenizerJson.js';
import { type TrainTokenizerOptions, trainTokenizer } from './trainTokenizer.js';
import { buildVocabulary, countTokens } from './vocabulary.js';

const english = [
  'The lowest newest widest river is the lower river.',
  "It's newer, lower and wider -- isn't it? They've 123 rivers (and 45 lakes)!",
  '  Tabs\tand   spaces\nand a café, a naïve résumé.',
];
const chinese = [
  '我爱北京天安门，天安门上太阳升。',
  '房间很大，床有2M宽，整体感觉经济实惠不错!',
  '这家酒店离地铁站很近，交通非常方便。',
];
const texts = [...english, ...chinese];
/** Texts that hold what the vocabulary has never seen. */
const unseen = ['Zebras lower the wide 河流 river…', '上海的酒店也不错😀', 'x', ' \n '];

const makers: Readonly<Record<string, TrainTokenizerOptions>> = {
  character: { kind: 'character' },
  'words between spaces': { kind: 'word', segmenter: null, clean: { lowercase: true } },
  'words of Chinese': { kind: 'word', segmenter: 'zh', minimumCount: 1 },
  'byte-level BPE': { kind: 'bpe', maximumSize: 330 },
  WordPiece: {
    kind: 'wordpiece',
    maximumSize: 260,
    minimumCount: 2,
    clean: { form: 'NFKC', lowercase: true },
  },
};

describe('a tokenizer saved as tokenizer.json', () => {
  for (const [name, options] of Object.entries(makers)) {
    for (const bounds of [false, true]) {
      it(`gives the ids that Hugging Face's engine gives: ${name}${bounds ? ', between begin and end' : ''}`, () => {
        const tokenizer = trainTokenizer(texts, { ...options, bounds });
        const files = tokenizer.files();
        const engine = new Engine(
          JSON.parse(files['tokenizer.json']),
          JSON.parse(files['tokenizer_config.json']),
        );
        const opened = Tokenizer.fromFiles(files);
        for (const text of [...texts, ...unseen]) {
          const given = options.segmenter ? words(text, options.segmenter).join(' ') : text;
          assert.deepEqual(tokenizer.encode(text), engine.encode(given).ids, text);
          assert.deepEqual(opened.encode(text), tokenizer.encode(text));
          assert.equal(opened.decode(opened.encode(text)), tokenizer.decode(tokenizer.encode(text)));
        }
        assert.equal(opened.kind, options.kind);
      });
    }
  }

  it('numbers characters and words by how common they are', () => {
    const tokenizer = trainTokenizer(['b a b', 'b c a'], { kind: 'word', segmenter: null });
    assert.deepEqual(tokenizer.encode('a b c d'), [5, 4, 6, 1]);
    assert.equal(tokenizer.decode([5, 4, 0]), 'a b');
    const byCharacter = trainTokenizer(['天天上', '天上安'], { kind: 'character', bounds: true });
    assert.deepEqual(byCharacter.encode('安天😀'), [2, 6, 4, 1, 3]);
    assert.equal(byCharacter.decode([2, 6, 4, 3]), '安天');
    assert.equal(byCharacter.vocabularySize, 7);
  });

  it('gives back every text by byte-level BPE, whatever it was trained on', () => {
    const tokenizer = trainTokenizer(texts, { kind: 'bpe', maximumSize: 330 });
    for (const text of [...texts, ...unseen]) {
      assert.equal(tokenizer.decode(tokenizer.encode(text)), text.normalize('NFC'));
    }
    assert.ok(tokenizer.tokenize(english[0]!).includes('Ġriver'));
  });

  it('cuts texts off with a count, and keeps begin and end', () => {
    const tokenizer = trainTokenizer(['a b c'], { kind: 'word', segmenter: null, bounds: true });
    const { ids, mask, truncated } = tokenizer.encodeBatch(['a b c', 'b', ''], {
      maximumLength: 4,
      multipleOf: 3,
    });
    assert.deepEqual(ids.shape, [3, 6]);
    assert.deepEqual(ids.toNumbers(), [2, 4, 5, 3, 0, 0, 2, 5, 3, 0, 0, 0, 2, 3, 0, 0, 0, 0]);
    assert.deepEqual(mask.toNumbers(), [1, 1, 1, 1, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0]);
    assert.equal(truncated, 1);
    assert.deepEqual(tokenizer.encode('a b c', { maximumLength: 4 }), [2, 4, 5, 3]);
    assert.throws(() => tokenizer.encode('a', { maximumLength: 2 }), /at least 3/);
  });

  it('says when a tokenizer is not one of ours, or is damaged', () => {
    const files = trainTokenizer(['a'], { kind: 'word' }).files();
    const strange = JSON.parse(files['tokenizer.json']) as { added_tokens: { content: string }[] };
    strange.added_tokens[0]!.content = '[PAD]';
    const json = JSON.stringify(strange).replaceAll('"<pad>"', '"[PAD]"');
    assert.throws(
      () => Tokenizer.fromFiles({ ...files, 'tokenizer.json': json }),
      /no token '<pad>' with the id 0 for padding/,
    );
    assert.throws(
      () => Tokenizer.fromFiles({ ...files, 'tokenizer.json': '{"model"' }),
      /tokenizer\.json is missing, or no JSON/,
    );
  });
});

describe('the training of merges', () => {
  it('joins what is commonest first: the example of Sennrich et al. (2016)', () => {
    const corpus = new Map([
      ['low', 5],
      ['lower', 2],
      ['newest', 6],
      ['widest', 3],
    ]);
    const { merges, tokens } = learnMerges(corpus, { size: 17, minimumCount: 1, tokens: [], prefix: '' });
    // counts: es 9, est 9, lo 7, low 7, then of the sixes (e w), (n ew), (new est)
    assert.deepEqual(
      merges.map((pair) => pair.join(' ')),
      [...['e s', 'es t', 'l o', 'lo w', 'e w', 'n ew', 'new est']],
    );
    assert.equal(tokens.length, 17);
  });

  it('equals counting all pairs anew after each merge', () => {
    for (let seed = 0; seed < 20; seed++) {
      const random = new Random(seed);
      const corpus = new Map(
        Array.from({ length: 30 }, () => [
          Array.from({ length: random.integer(1, 9) }, () => 'abc'[random.integer(0, 3)]).join(''),
          random.integer(1, 6),
        ]),
      );
      const prefix = seed % 2 === 0 ? '' : '##';
      const learnt = learnMerges(corpus, { size: 40, minimumCount: 2, tokens: ['<unk>'], prefix });
      assert.deepEqual(learnt, naiveMerges(corpus, 40, 2, ['<unk>'], prefix), `seed ${seed}`);
    }
  });
});

describe('cleaning', () => {
  it('is the same in tokenizer.json', () => {
    const text = '\uFEFF Ｆｕｌｌ　ｗｉｄｔｈ\u0000 e\u0301 ﬁ \t\r\n\u0085 zero\u200Bwidth \u00AD ÄÖ ①';
    for (const clean of [{}, { form: 'NFKC', lowercase: true } as const, { collapse: false }]) {
      const { json, config } = trainTokenizer(['a'], { kind: 'character', clean });
      assert.equal(new Engine(json, config).normalizer!.normalize(text), cleanText(text, clean));
    }
    assert.equal(cleanText(text), 'Ｆｕｌｌ ｗｉｄｔｈ é ﬁ zerowidth ÄÖ ①');
    assert.equal(cleanText(text, { form: 'NFKC', lowercase: true }), 'full width é fi zerowidth äö 1');
  });
});

describe('a vocabulary', () => {
  const counts = countTokens([
    ['b', 'a', 'b'],
    ['c', 'b', 'a', '<pad>'],
  ]);
  it('is cut off by count and by size', () => {
    const special = ['<pad>', '<unk>', '<s>', '</s>'];
    assert.deepEqual(buildVocabulary(counts), [...special, 'b', 'a', 'c']);
    assert.deepEqual(buildVocabulary(counts, { minimumCount: 2 }), [...special, 'b', 'a']);
    assert.deepEqual(buildVocabulary(counts, { maximumSize: 5 }), [...special, 'b']);
  });
  it('says why it is empty', () => {
    assert.throws(() => buildVocabulary(counts, { minimumCount: 4 }), /vocabulary is empty: of 4 different/);
    for (const kind of ['character', 'word', 'bpe', 'wordpiece'] satisfies TokenizerKind[])
      assert.throws(
        () => trainTokenizer([' ', ''], { kind, clean: { collapse: true } }),
        /vocabulary is empty/,
      );
  });
});

function naiveMerges(
  corpus: ReadonlyMap<string, number>,
  size: number,
  minimumCount: number,
  start: readonly string[],
  prefix: string,
) {
  const split = [...corpus].map(([word, count]) => ({
    parts: Array.from(word, (c, i) => (i === 0 ? c : prefix + c)),
    count,
  }));
  const tokens = [...start, ...[...new Set(split.flatMap(({ parts }) => parts))].sort()];
  const merges: [string, string][] = [];
  while (tokens.length < size) {
    const counts = new Map<string, number>();
    for (const { parts, count } of split)
      for (let i = 1; i < parts.length; i++) {
        const key = `${tokens.indexOf(parts[i - 1]!)} ${tokens.indexOf(parts[i]!)}`;
        counts.set(key, (counts.get(key) ?? 0) + count);
      }
    const [best] = [...counts]
      .map(([key, count]) => ({ count, pair: key.split(' ').map(Number) as [number, number] }))
      .sort((x, y) => y.count - x.count || x.pair[0] - y.pair[0] || x.pair[1] - y.pair[1]);
    if (!best || best.count < minimumCount) break;
    const [left, right] = best.pair.map((id) => tokens[id]!) as [string, string];
    const joined = left + right.slice(prefix.length);
    if (!tokens.includes(joined)) tokens.push(joined);
    merges.push([left, right]);
    for (const { parts } of split)
      for (let i = 0; i + 1 < parts.length; i++)
        if (parts[i] === left && parts[i + 1] === right) parts.splice(i, 2, joined);
  }
  return { tokens, merges };
}
