import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { NdArray } from '../../graph/array.js';
import { Dataset } from '../dataset.js';
import { bucketBatches } from './buckets.js';
import { parseConll } from './conll.js';
import { readLabelled, readText } from './files.js';
import { parseLabelled } from './labelled.js';
import { padSequences } from './padding.js';
import { pairLines, parseParallel } from './parallel.js';
import { words } from './segment.js';
import { decodeUtf8 } from './utf8.js';

const pairs = (
  content: string,
  ...rest: [Parameters<typeof parseLabelled>[1], Parameters<typeof parseLabelled>[2]?]
) => parseLabelled(content, ...rest).examples.map(({ text, label, line }) => [text, label, line]);

describe('labelled text', () => {
  it('is read from CSV with quotes, line breaks and Chinese', () => {
    const csv = 'label,review\r\n1,"近,但是""好"""\r\n0,"two\nlines"\r\n1,ok\r\n';
    assert.deepEqual(pairs(csv, 'csv'), [
      ['近,但是"好"', '1', 2],
      ['two\nlines', '0', 4],
      ['ok', '1', 5],
    ]);
  });

  it('is read from TSV, where quotes are just quotes, with and without names of columns', () => {
    assert.deepEqual(pairs('an "odd one\t1\n\nfine\t0', 'tsv'), [
      ['an "odd one', '1', 1],
      ['fine', '0', 3],
    ]);
    assert.deepEqual(
      pairs('id\tmood\twords\n7\tgood\thello', 'tsv', { textColumn: 'words', labelColumn: 'mood' }),
      [['hello', 'good', 2]],
    );
    assert.deepEqual(pairs('7\tgood\thello', 'tsv', { textColumn: '3', labelColumn: '2' }), [
      ['hello', 'good', 1],
    ]);
  });

  it('is read from JSON lines', () => {
    assert.deepEqual(pairs('{"text":"a","label":1}\n\n{"content":"b","class":"x"}', 'jsonl'), [
      ['a', '1', 1],
      ['b', 'x', 3],
    ]);
  });

  it('counts empty lines, and names the file and the line of what is wrong', () => {
    assert.deepEqual(parseLabelled('text\tlabel\n\t1\na\t0\n', 'tsv').empty, [2]);
    const at = (content: string, format: 'csv' | 'tsv' | 'jsonl', message: RegExp, options = {}) =>
      assert.throws(() => parseLabelled(content, format, { name: 'a.x', ...options }), message);
    at('text,label\na,1\nb,\n', 'csv', /^Error: a\.x:3: the label is missing/);
    at('text,label\na,"1\n', 'csv', /^Error: a\.x:\d: this is not CSV/);
    at('a,b,c\n', 'csv', /a\.x: there is no column for the text among 'a', 'b', 'c'/);
    at('text,label\na,1\n', 'csv', /there is no column 'words'/, { textColumn: 'words' });
    at('{"text":"a","label":"x"}\n{"text"', 'jsonl', /a\.x:2: this is not JSON/);
    at('[1]', 'jsonl', /a\.x:1: expected an object/);
    at('text,label\n', 'csv', /a\.x: there is no text/);
  });

  it('is read from files by the end of their names', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'modelwright-text-'));
    try {
      const file = join(folder, 'a.csv');
      await writeFile(file, '\uFEFFtext,label\n好,1\n');
      assert.deepEqual((await readLabelled(file)).examples, [{ text: '好', label: '1', file, line: 2 }]);
      await writeFile(file, Buffer.from([...Buffer.from('text,label\n好'), 0xff, 0x0a]));
      await assert.rejects(
        readLabelled(file),
        /a\.csv:2: byte 14 \(0xff\) is not UTF-8, at byte 4 of the line/,
      );
      await assert.rejects(readLabelled(join(folder, 'a.doc')), /a\.doc is none of \.csv, \.tsv/);
      const packed = join(folder, 'a.txt.gz');
      await writeFile(packed, gzipSync('词\tword\n'));
      assert.equal(await readText(packed), '词\tword\n');
      await writeFile(packed, '词\tword\n');
      await assert.rejects(readText(packed), /a\.txt\.gz cannot be unpacked: it is damaged, or no gzip file/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('UTF-8', () => {
  const invalid: [string, number[], number][] = [
    ['a continuation byte alone', [0x61, 0x80], 1],
    ['an overlong form', [0xc0, 0xaf], 0],
    ['an overlong form of three', [0x61, 0xe0, 0x80, 0x80], 1],
    ['half a surrogate', [0xed, 0xa0, 0x80], 0],
    ['a code point too high', [0xf4, 0x90, 0x80, 0x80], 0],
    ['a sequence cut off', [0xe5, 0xa5, 0xbd, 0xe5, 0xa5], 3],
    ['GB18030', [0x61, 0x62, 0xba, 0xc3], 2],
  ];
  for (const [name, bytes, at] of invalid) {
    it(`is refused: ${name}`, () => {
      assert.throws(() => decodeUtf8(Uint8Array.from(bytes)), new RegExp(`^Error: text:1: byte ${at} `));
    });
  }
  it('is read, to the highest code point', () => {
    assert.equal(decodeUtf8(new TextEncoder().encode('é好😀\u{10FFFF}')), 'é好😀\u{10FFFF}');
  });
});

describe('other sources', () => {
  it('CoNLL columns', () => {
    const text = '-DOCSTART- -X- O\n\nEU NNP B-ORG\nrejects VBZ O\n\n\nPeter NNP B-PER\n';
    assert.deepEqual(parseConll(text), [
      {
        columns: [
          ['EU', 'rejects'],
          ['B-ORG', 'O'],
        ],
        line: 3,
      },
      { columns: [['Peter'], ['B-PER']], line: 7 },
    ]);
    assert.throws(
      () => parseConll('a O\nb\n', { name: 'x.conll' }),
      /^Error: x\.conll:2: the line 'b' has 1 column/,
    );
    assert.throws(() => parseConll('\n\n', { name: 'x' }), /x: there is no sentence/);
  });

  it('parallel text', () => {
    assert.deepEqual(parseParallel('Hi.\t嗨。\tCC-BY\n\nRun!\t跑！'), [
      { source: 'Hi.', target: '嗨。', line: 1 },
      { source: 'Run!', target: '跑！', line: 3 },
    ]);
    assert.deepEqual(pairLines('Hi.\n\nRun!\n', '嗨。\n\n跑！\n'), parseParallel('Hi.\t嗨。\n\nRun!\t跑！'));
    assert.throws(
      () => parseParallel('Hi.\t嗨。\nRun!\t\n', { name: 'p' }),
      /^Error: p:2: the target is missing/,
    );
    assert.throws(() => pairLines('a\nb', 'c', 'p'), /2 lines, but the target has 1/);
  });

  it('words of Chinese and English', () => {
    assert.deepEqual(words('我爱北京！', 'zh'), ['我', '爱', '北京', '！']);
    assert.deepEqual(words("I don't know, ok?"), ['I', "don't", 'know', ',', 'ok', '?']);
  });
});

describe('batches by length', () => {
  const lengths = Array.from({ length: 40 }, (_, i) => 1 + ((i * 7) % 23));
  const open = (seed?: number) =>
    bucketBatches(Dataset.from(lengths.map((length, id) => ({ id, length }))), {
      batchSize: 4,
      lengths,
      width: 8,
      seed,
      collate: (elements, length) => ({
        ids: elements.map(({ id }) => id),
        longest: Math.max(...elements.map((e) => e.length)),
        length,
      }),
    });
  const epochOf = async (batches: ReturnType<typeof open>, epoch: number) => {
    const all = [];
    for await (const batch of batches.iterate({ epoch })) all.push(batch);
    return all;
  };

  it('hold every example once, none longer than the bucket, and as many batches each epoch', async () => {
    for (const epoch of [0, 1, 5]) {
      const batches = await epochOf(open(3), epoch);
      assert.deepEqual(
        batches.flatMap(({ ids }) => ids).sort((a, b) => a - b),
        lengths.map((_, i) => i),
      );
      assert.ok(batches.every(({ longest, length }) => longest <= length && longest > length - 8));
      assert.equal(batches.length, open(3).length);
    }
  });

  it('are a function of seed, epoch and index, so that a training goes on where it stopped', async () => {
    const [first, second] = [await epochOf(open(3), 2), await epochOf(open(3), 1)];
    assert.notDeepEqual(first, second);
    const resumed = [];
    for await (const batch of open(3).iterate({ epoch: 2, from: 5 })) resumed.push(batch);
    assert.deepEqual(resumed, first.slice(5));
    assert.notDeepEqual(await epochOf(open(4), 2), first);
    assert.deepEqual(await epochOf(open(), 1), await epochOf(open(), 0));
  });

  it('are filled up', () => {
    const { ids, mask, truncated } = padSequences([[5, 6, 7], [8]], { maximumLength: 2, minimumLength: 3 });
    assert.deepEqual(
      ids,
      NdArray.from(
        [
          [5, 6, 0],
          [8, 0, 0],
        ],
        'int32',
      ),
    );
    assert.deepEqual(mask.toNumbers(), [1, 1, 0, 1, 0, 0]);
    assert.equal(truncated, 1);
  });
});
