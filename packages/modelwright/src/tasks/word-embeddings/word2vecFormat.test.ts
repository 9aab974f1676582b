import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { NdArray } from '../../graph/array.js';
import {
  decodeWord2vecBinary,
  decodeWord2vecText,
  encodeWord2vecBinary,
  encodeWord2vecText,
  readWord2vec,
  writeWord2vec,
} from './word2vecFormat.js';
import { WordVectors } from './wordVectors.js';

/** Floats that need all their digits, very small ones, zero and a space's byte pattern among them. */
const vectors = new WordVectors(
  ['the', '词', "l'été"],
  NdArray.from([
    [0.1, -1 / 3, 1e-30],
    [0, 16_777_216, -2.5],
    [Math.PI, 1.3563156426940112e-19, 123456.79],
  ]),
);

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'modelwright-word2vec-'));
});
after(() => rm(folder, { recursive: true }));

describe('word2vec files', () => {
  for (const name of ['vectors.txt', 'vectors.bin']) {
    it(`${name}: what is written is read, bit for bit`, async () => {
      const path = join(folder, name);
      await writeWord2vec(vectors, path);
      const read = await readWord2vec(path);
      assert.deepEqual(read.vocabulary.words, vectors.vocabulary.words);
      assert.deepEqual(read.vectors.data, vectors.vectors.data);
    });
  }

  it('reads what word2vec itself lays out: text with a space at the end of lines, binary with and without line breaks', () => {
    assert.deepEqual(decodeWord2vecText('1 2\ncat 0.5 -1 \n').vector('cat'), Float32Array.of(0.5, -1));
    const value = Buffer.from(Float32Array.of(0.5).buffer);
    for (const end of ['', '\n']) {
      const bytes = Buffer.concat([
        Buffer.from('2 1\ncat '),
        value,
        Buffer.from(`${end}dog `),
        value,
        Buffer.from(end),
      ]);
      assert.deepEqual(decodeWord2vecBinary(bytes).vocabulary.words, ['cat', 'dog']);
    }
    const [header] = Buffer.from(encodeWord2vecBinary(vectors)).toString('latin1').split('\n');
    assert.equal(header, '3 3');
    assert.match(encodeWord2vecText(vectors), /^3 3\nthe 0\.1 -0\.33333334 1e-30\n/);
  });

  const texts: [string, string, RegExp][] = [
    [
      'no header',
      'the 0.1 0.2\n',
      /v\.txt does not begin with the header.*"words dimensions".*"the 0\.1 0\.2".*GloVe/,
    ],
    ['a header of zeros', '0 5\n', /does not begin with the header/],
    [
      'fewer words than promised',
      '3 2\na 1 2\n',
      /v\.txt is cut off: its header promises 3 words, but after 1 it ends/,
    ],
    [
      'a vector of another length',
      '1 2\na 1\n',
      /v\.txt, line 2: 2 numbers should follow the word 'a', but there are 1/,
    ],
    ['a number that is none', '1 2\na 1 x\n', /v\.txt, line 2: 'x' is no number/],
    ['a word twice', '2 1\na 1\na 2\n', /v\.txt: The word 'a' is in the vocabulary twice/],
  ];
  for (const [name, text, message] of texts) {
    it(`names ${name} in a text file`, () => assert.throws(() => decodeWord2vecText(text, 'v.txt'), message));
  }

  it('names a binary file that is cut off, at whichever byte, and one without a header', async () => {
    const whole = encodeWord2vecBinary(vectors);
    for (let length = 4; length < whole.length - 1; length++) {
      assert.throws(
        () => decodeWord2vecBinary(whole.subarray(0, length), 'v.bin'),
        /v\.bin is cut off: its header promises 3 words/,
      );
    }
    const path = join(folder, 'broken.bin');
    await writeFile(path, Buffer.from([1, 2, 3, 4]));
    await assert.rejects(readWord2vec(path), /broken\.bin does not begin with the header/);
  });

  it('refuses words that the format cannot hold', () => {
    const spaced = new WordVectors(['new york'], NdArray.from([[1]]));
    assert.throws(() => encodeWord2vecText(spaced), /"new york" holds a space/);
  });
});
