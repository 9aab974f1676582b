import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { trainTokenizer } from '../../data/text/index.js';
import { NdArray } from '../../graph/array.js';
import { CachedDecoder } from '../../nn/decoding/index.js';
import { assertNear } from '../../testing/compare.js';
import '../../train/node.js';
import type { TrainEvent } from '../events.js';
import { measuredBlocks, trainingBlocks } from './blocks.js';
import { evaluateTextGenerator, openTextGenerator, trainTextGenerator } from './index.js';
import { textPieces } from './pieces.js';
import { readTextGenerator } from './saved.js';
import { slidingSequence } from './sliding.js';
import { chunksOf, encodeText, holdOutEnd } from './text.js';

const small = { layers: 1, heads: 2, width: 16, blockSize: 8, batchSize: 16 } as const;
const counting = { ...small, iterations: 200, epochs: 2, learningRate: 1e-2, seed: 1 } as const;

async function joined(pieces: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const piece of pieces) text += piece;
  return text;
}

async function* each(tokens: readonly number[]): AsyncGenerator<number> {
  yield* tokens;
}

describe('blocks of a text', () => {
  const tokens = Int32Array.from({ length: 101 }, (_, i) => i);
  const options = { blockSize: 10, batchSize: 4, seed: 3, length: 5 } as const;
  const startsOf = (batch: { readonly input_ids?: NdArray }): number[] =>
    Array.from({ length: batch.input_ids!.shape[0]! }, (_, row) => Number(batch.input_ids!.data[row * 10]));

  it('have the tokens one place further as their target, and depend on seed, epoch and index alone', async () => {
    for (const order of ['random', 'consecutive'] as const) {
      const batches = trainingBlocks(tokens, { ...options, order });
      const batch = await batches.at(2, 1);
      assert.deepEqual(batch.input_ids!.shape, [4, 10]);
      assert.deepEqual(
        batch.target!.toNumbers(),
        batch.input_ids!.toNumbers().map((token) => token + 1),
      );
      const again = await trainingBlocks(tokens, { ...options, order }).at(2, 1);
      assert.deepEqual(again.input_ids!.data, batch.input_ids!.data);
      const other = await batches.at(2, 2);
      assert.notDeepEqual(other.input_ids!.data, batch.input_ids!.data);
    }
  });

  it('come each once before any comes again, where they are consecutive', async () => {
    const batches = trainingBlocks(tokens, { ...options, order: 'consecutive' });
    const starts = [];
    for (let epoch = 0; epoch < 2; epoch++) {
      for await (const batch of batches.iterate({ epoch })) starts.push(...startsOf(batch));
    }
    const all = Array.from({ length: 10 }, (_, i) => 10 * i);
    for (let pass = 0; pass < 4; pass++) {
      assert.deepEqual(
        starts.slice(10 * pass, 10 * pass + 10).sort((a, b) => a - b),
        all,
      );
    }
  });

  it('are measured one behind the other, without those that are not whole', async () => {
    const starts = [];
    for await (const batch of measuredBlocks(tokens.subarray(0, 65), options))
      starts.push(...startsOf(batch));
    assert.deepEqual(starts, [0, 10, 20, 30, 40, 50]);
    assert.throws(
      () => measuredBlocks(tokens.subarray(0, 10), options),
      /10 tokens is too short for blocks of 10/,
    );
  });
});

describe('texts', () => {
  it('are cut into chunks that have the tokens of the whole', () => {
    const text = Array.from({ length: 1500 }, (_, i) => `one line ${i}${i % 3 ? '\n' : ' \n\n  '}`).join('');
    assert.ok([...chunksOf(text)].length > 2);
    assert.equal([...chunksOf(text)].join(''), text);
    for (const kind of ['character', 'bpe'] as const) {
      const tokenizer = trainTokenizer([text], { kind, maximumSize: 300, clean: { collapse: false } });
      assert.deepEqual(Array.from(encodeText(text, tokenizer)), tokenizer.encode(text));
    }
  });

  it('hold out their end, and no half character', () => {
    assert.deepEqual(holdOutEnd('abcdefghij', 0.2), { train: 'abcdefgh', held: 'ij' });
    assert.deepEqual(holdOutEnd('a😀b', 0.5), { train: 'a😀', held: 'b' });
    assert.throws(() => holdOutEnd('abc', 0.6), RangeError);
  });

  it('come in pieces of whole characters, and end before the stop text', async () => {
    const tokenizer = trainTokenizer(['abc'], { kind: 'bpe', maximumSize: 260, clean: { collapse: false } });
    const text = '好😀 x';
    const pieces = [];
    for await (const piece of textPieces(each(tokenizer.encode(text)), tokenizer)) pieces.push(piece);
    assert.deepEqual(pieces, ['好', '😀', ' ', 'x']);
    const stopped = (of: string, ...stops: string[]) =>
      joined(textPieces(each(tokenizer.encode(of)), tokenizer, stops));
    assert.equal(await stopped('one EEND two', 'END'), 'one E');
    assert.equal(await stopped('one EN', 'END'), 'one EN');
    assert.equal(await stopped('END', 'END'), '');
    assert.equal(await stopped('one, two. Three', 'three', '.', 'END'), 'one, two');
  });
});

describe('text generation', () => {
  let folder: string;
  let data: string;
  let out: string;
  const events: TrainEvent[] = [];
  let metrics: Readonly<Record<string, number>>;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'modelwright-'));
    data = join(folder, 'counting.txt');
    out = join(folder, 'model');
    await writeFile(data, '0123456789\n'.repeat(300));
    ({ metrics } = await trainTextGenerator({
      ...counting,
      data,
      out,
      onEvent: (event) => events.push(event),
    }));
  });

  after(() => rm(folder, { recursive: true, force: true }));

  it('learns a text that repeats, and goes on with it beyond the context', async () => {
    assert.ok(metrics.loss! < 0.3, `loss ${metrics.loss}`);
    assertNear([metrics.perplexity!], [Math.exp(metrics.loss!)], 1e-9, 'perplexity');
    assertNear([metrics.bitsPerCharacter!], [metrics.loss! / Math.LN2], 1e-9, 'bits per character');
    assert.equal(events.filter(({ kind }) => kind === 'epoch').length, 2);
    const generator = await openTextGenerator(out);
    const go = (prompt: string, options: object) =>
      joined(generator.generate(prompt, { temperature: 0, ...options }));
    assert.equal(await go('0123', { maximumLength: 30 }), '456789\n0123456789\n0123456789\n0');
    assert.equal(await go('0123', { stop: '9\n' }), '45678');
    const drawn = { temperature: 3, maximumLength: 20, seed: 5 };
    assert.equal(await go('0', drawn), await go('0', drawn));
    assert.notEqual(await go('0', drawn), await go('0', { ...drawn, seed: 6 }));
    await generator.release();
  });

  it('makes texts at the same time as it makes each alone, and says why each ended', async () => {
    const generator = await openTextGenerator(out);
    const texts = (seed: number) =>
      generator.generate(String(seed), { temperature: 2, maximumLength: 15, seed });
    const alone: string[] = [];
    for (const seed of [0, 1, 2, 3]) alone.push(await joined(texts(seed)));
    assert.deepEqual(await Promise.all([0, 1, 2, 3].map((seed) => joined(texts(seed)))), alone);
    const stop = new AbortController();
    const endOf = async (options: object): Promise<unknown> => {
      const pieces = generator.generate('0123', { temperature: 0, maximumLength: 5, ...options });
      for (;;) {
        const { done, value } = await pieces.next();
        if (done) return value;
        if (value === '6') stop.abort();
      }
    };
    assert.deepEqual(await endOf({}), { reason: 'length', tokens: 5 });
    assert.deepEqual(await endOf({ stop: '67' }), { reason: 'stop', tokens: 4 });
    assert.deepEqual(await endOf({ signal: stop.signal }), { reason: 'aborted', tokens: 0 });
    await generator.release();
  });

  it('refuses prompts it cannot take, and cuts long ones off when asked', async () => {
    const generator = await openTextGenerator(out);
    const notes: string[] = [];
    const go = (prompt: string, options = {}) =>
      joined(generator.generate(prompt, { temperature: 0, ...options }));
    await assert.rejects(go(''), /prompt is empty/);
    await assert.rejects(go('0x1y'), /does not know "x", "y"/);
    await assert.rejects(
      go('0123456789'),
      /prompt has 10 tokens, but the model looks back on 8\. Shorten it/,
    );
    const options = { truncate: true, maximumLength: 1, onNote: (text: string) => notes.push(text) };
    assert.equal(await go('0123456789', options), '\n');
    assert.match(notes.join(), /the first 2 are left out/);
    await generator.release();
  });

  it('slides over the half of the context when it is full', async () => {
    const { trained } = await readTextGenerator(out);
    const decoder = await CachedDecoder.open(trained.model, trained.variables, { length: 8 });
    const sequence = await slidingSequence(decoder, 8);
    const tokens = [4, 5, 6, 7, 8, 9, 10, 11, 12];
    let logits = await sequence.next(NdArray.from([tokens.slice(0, 7)], 'int32'));
    for (const token of tokens.slice(7)) logits = await sequence.next(NdArray.from([[token]], 'int32'));
    const anew = await (await decoder.start()).next(NdArray.from([tokens.slice(-4)], 'int32'));
    assertNear(logits.toNumbers(), anew.toNumbers(), 1e-5, 'logits');
    await decoder.release();
  });

  it('is measured on what was held out, or on the whole of another text', async () => {
    const same = await evaluateTextGenerator({ model: out, data });
    assert.equal(same.data, `${data} (held out)`);
    assertNear([same.metrics.loss!], [metrics.loss!], 1e-5, 'loss');
    const other = join(folder, 'other.txt');
    await writeFile(other, '9876543210\n'.repeat(10));
    const worse = await evaluateTextGenerator({ model: out, data: other });
    assert.equal(worse.data, other);
    assert.equal(worse.examples, 110);
    assert.ok(worse.metrics.loss! > 1);
  });

  it('saves ONNX files for whole texts and for one token at a time that agree', async () => {
    const [whole, step] = await Promise.all(
      ['model.onnx', 'step.onnx'].map((name) => InferenceSession.create(join(out, 'onnx', name))),
    );
    const ids = Int32Array.from([4, 5, 6]);
    const { probabilities } = await whole!.run({ input_ids: new Tensor('int32', ids, [1, 3]) });
    const feeds: Record<string, Tensor> = {
      tokens: new Tensor('int32', ids, [1, 3]),
      positions: new Tensor('int32', Int32Array.from([0, 1, 2]), [3]),
    };
    for (const input of step!.inputMetadata) {
      if (!input.name.startsWith('past.') || !input.isTensor) continue;
      const sizes: Record<string, number> = { batch: 1, past: 0 };
      const shape = input.shape.map((size) => (typeof size === 'number' ? size : sizes[size]!));
      const values = input.type === 'int32' ? new Int32Array() : new Float32Array();
      feeds[input.name] = new Tensor(input.type, values, shape);
    }
    const { logits } = await step!.run(feeds);
    const [, , vocabulary] = logits!.dims as number[];
    const last = Array.from((logits!.data as Float32Array).slice(-vocabulary!), Math.exp);
    const sum = last.reduce((a, b) => a + b, 0);
    assertNear(
      Array.from((probabilities!.data as Float32Array).slice(-vocabulary!)),
      last.map((value) => value / sum),
      1e-5,
      'probabilities',
    );
    const card = await readFile(join(out, 'README.md'), 'utf8');
    assert.match(card, /What it makes, at a temperature of 0\.8/);
    assert.match(card, /openTextGenerator/);
  });

  it('goes on after an interruption as though there had been none', async () => {
    const [whole, parted] = [join(folder, 'whole'), join(folder, 'parted')];
    const settings = { ...small, iterations: 12, epochs: 3, dropout: 0.1, tokenizer: 'bpe', data } as const;
    await trainTextGenerator({ ...settings, vocabularySize: 270, out: whole });
    const stop = new AbortController();
    const onEvent = (event: TrainEvent): void => {
      if (event.kind === 'step' && event.epoch === 2 && event.step === 2) stop.abort();
    };
    await trainTextGenerator({ ...settings, vocabularySize: 270, out: parted, onEvent, signal: stop.signal });
    await trainTextGenerator({ ...settings, vocabularySize: 270, out: parted, resume: true });
    const [one, other] = await Promise.all(
      [whole, parted].map((each) => readFile(join(each, 'model.safetensors'))),
    );
    assert.deepEqual(other, one);
  });

  it('says what is wrong with options and data', async () => {
    const train = (options: object) =>
      trainTextGenerator({ data, out: join(folder, 'wrong'), ...small, ...options });
    await assert.rejects(train({ tokenizer: 'word' }), /no tokenizer 'word'\. There is character, bpe/);
    await assert.rejects(train({ blocks: 'sorted' }), /no order of blocks 'sorted'/);
    await assert.rejects(train({ iterations: 0 }), /iterations is 0/);
    await assert.rejects(train({ blockSize: 4 }), /blockSize is 4; expected a whole number from 8/);
    await assert.rejects(train({ data: join(folder, 'none.txt') }), /There is no text file/);
    await assert.rejects(train({ blockSize: 1000 }), /too short for blocks of 1000/);
    await assert.rejects(train({ heads: 3 }), RangeError);
    const empty = join(folder, 'empty.txt');
    await writeFile(empty, ' \n');
    await assert.rejects(train({ data: empty }), /is empty/);
    await writeFile(empty, Buffer.from('one\ncaf\xe9\n', 'latin1'));
    await assert.rejects(train({ data: empty }), /empty\.txt:2: byte 7 \(0xe9\) is not UTF-8/);
  });
});
