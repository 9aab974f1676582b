import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { specialIds } from '../../data/text/index.js';
import { NdArray } from '../../graph/array.js';
import { generate, recomputing } from '../../nn/decoding/index.js';
import { ortCpu } from '../../runtime/ortNode.js';
import { openModel } from '../../saved/openModel.js';
import type { TrainEvent } from '../events.js';
import {
  evaluateTranslator,
  generateDates,
  openTranslator,
  type Translator,
  trainTranslator,
} from '../index.js';
import { readTranslator } from './saved.js';

const small = { width: 32, heads: 2, layers: 2, dropout: 0.05, batchTokens: 1000, learningRate: 0.01 };

describe('translation', () => {
  let folder = '';
  let out = '';
  let trained: Awaited<ReturnType<typeof trainTranslator>>;
  let translator: Translator;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'modelwright-translation-'));
    out = join(folder, 'dates');
    trained = await trainTranslator({ ...small, data: 'dates', out, epochs: 10 });
    translator = await openTranslator(out);
  });
  after(async () => {
    await translator.release();
    await rm(folder, { recursive: true });
  });

  const sources = ['Friday, 8 December 2026', 'the 3rd of May', 'four hundred and twelve'];

  it('learns the dates, and is measured on sources that it has not seen', async () => {
    assert.ok(trained.metrics.bleu! > 90, `BLEU ${trained.metrics.bleu}`);
    assert.ok(trained.metrics.chrfBeam! > 90, `chrF ${trained.metrics.chrfBeam}`);
    const measured = await evaluateTranslator({ model: out, data: 'dates' });
    assert.equal(measured.data, 'dates (held out)');
    for (const [name, value] of Object.entries(trained.metrics))
      assert.ok(Math.abs(measured.metrics[name]! - value) < 1e-4, name);
    assert.equal(measured.examples + measured.seen, 150);
    assert.equal(
      measured.lengths.reduce((sum, { examples }) => sum + examples, 0),
      measured.examples,
    );
    assert.equal(await translator.translate(sources[0]!), '2026年12月8日星期五');
  });

  it('translates one text as it does several, and in pieces what it does at once', async () => {
    for (const beams of [1, 3]) {
      const together = await translator.translateAll(sources, { beams });
      for (const [i, source] of sources.entries()) {
        assert.equal(await translator.translate(source, { beams }), together[i]);
        const pieces: string[] = [];
        const stream = translator.stream(source, { beams });
        let step = await stream.next();
        for (; !step.done; step = await stream.next()) pieces.push(step.value);
        assert.equal(pieces.join(''), together[i]);
        assert.ok(pieces.length > 1, `${pieces.length} piece(s) with ${beams} beam(s)`);
        assert.equal(step.value.reason, 'end');
      }
    }
  });

  it('decodes with caches what the whole network gives when it computes everything anew', async () => {
    const model = await openModel(out);
    const { tokenizers } = await readTranslator(out);
    try {
      for (const source of sources) {
        const ids = tokenizers.source.encode(source);
        const whole = recomputing(async (tokens) => {
          const { probabilities } = await model.run({
            input_ids: NdArray.from([ids], 'int32'),
            decoder_input_ids: tokens,
          });
          const [, time = 0, vocabulary = 0] = probabilities!.shape;
          const last = probabilities!.data.slice((time - 1) * vocabulary) as Float32Array;
          return NdArray.of('float32', [1, vocabulary], Array.from(last, Math.log));
        });
        const made: number[] = [];
        const limits = { maxTokens: 40, end: specialIds.end, temperature: 0 };
        for await (const token of generate(whole, [specialIds.begin], limits)) made.push(token);
        assert.equal(tokenizers.target.decode(made), await translator.translate(source, { beams: 1 }));
      }
    } finally {
      await model.release();
    }
  });

  it('saves graphs that any tool decodes with', async () => {
    const { tokenizers } = await readTranslator(out);
    const [encoder, step] = await Promise.all(
      ['encoder', 'step'].map(async (name) => readFile(join(out, 'onnx', `${name}.onnx`))),
    );
    const ort = await import('onnxruntime-node');
    const sessions = await Promise.all([encoder!, step!].map((file) => ort.InferenceSession.create(file)));
    const [first, second] = sessions as [(typeof sessions)[0], (typeof sessions)[0]];
    // Each file holds the variables that it needs, and no others.
    const { size } = await stat(join(out, 'model.safetensors'));
    assert.ok(encoder!.length < 0.8 * size && step!.length < 0.8 * size);
    const ids = Int32Array.from(tokenizers.source.encode(sources[0]!));
    const memory = await first.run({ input_ids: new ort.Tensor('int32', ids, [1, ids.length]) });
    const made: number[] = [];
    let past = Object.fromEntries(
      second.inputMetadata
        .filter(({ name }) => name.startsWith('past.'))
        .map((input) => {
          if (!input.isTensor) throw new TypeError(input.name);
          const sizes = input.shape.map((size) =>
            size === 'past' ? 0 : size === 'batch' ? 1 : Number(size),
          );
          return [input.name, new ort.Tensor(input.type as 'float32', [], sizes)];
        }),
    );
    for (let token: number = specialIds.begin; token !== specialIds.end && made.length < 30; ) {
      const position = Int32Array.of(made.length);
      const results = await second.run({
        tokens: new ort.Tensor('int32', Int32Array.of(token), [1, 1]),
        positions: new ort.Tensor('int32', position, [1]),
        ...memory,
        ...past,
      });
      const logits = results.logits!.data as Float32Array;
      token = logits.indexOf(logits.reduce((a, b) => Math.max(a, b)));
      made.push(token);
      past = Object.fromEntries(
        Object.entries(results)
          .filter(([name]) => name.startsWith('present.'))
          .map(([name, tensor]) => [name.replace('present.', 'past.'), tensor as (typeof past)[string]]),
      );
    }
    assert.equal(tokenizers.target.decode(made), await translator.translate(sources[0]!, { beams: 1 }));
    for (const session of sessions) await session.release();
  });

  it('ends at the most tokens, when it is told to, and refuses what it cannot take', async () => {
    const ends = async (options: object) => {
      const stream = translator.stream(sources[0]!, options);
      let step = await stream.next();
      while (!step.done) step = await stream.next();
      return step.value;
    };
    assert.deepEqual(await ends({ maximumLength: 3 }), { reason: 'length', tokens: 3 });
    assert.equal((await ends({ signal: AbortSignal.abort() })).reason, 'aborted');
    await assert.rejects(translator.translate(' '), /The text is empty/);
    const long = 'one hundred '.repeat(100);
    await assert.rejects(translator.translate(long), /has \d+ tokens, but the model takes 128/);
    const notes: string[] = [];
    await translator.translate(long, {
      truncate: true,
      maximumLength: 2,
      onNote: (text) => notes.push(text),
    });
    assert.match(notes.join(), /the last \d+ are left out/);
    await assert.rejects(translator.translate('one', { beams: 0 }), /beams/);
  });

  it('runs where it is told to', async () => {
    const here = await openTranslator(out, { runtime: ortCpu, threads: 1 });
    try {
      assert.equal(await here.translate(sources[1]!), await translator.translate(sources[1]!));
    } finally {
      await here.release();
    }
  });

  it('knows its own tokenizers from those of another model', async () => {
    const copy = join(folder, 'copy');
    await cp(out, copy, { recursive: true });
    const file = join(copy, 'target_tokenizer', 'tokenizer.json');
    const json = JSON.parse(await readFile(file, 'utf8')) as { model: { vocab: Record<string, number> } };
    const names = Object.keys(json.model.vocab);
    const [a, b] = [names.at(-1)!, names.at(-2)!];
    [json.model.vocab[a], json.model.vocab[b]] = [json.model.vocab[b]!, json.model.vocab[a]!];
    await writeFile(file, JSON.stringify(json));
    await assert.rejects(openTranslator(copy), /target_tokenizer\/tokenizer\.json is not the one/);
    await rm(file);
    await assert.rejects(openTranslator(copy), /has no target_tokenizer\/tokenizer\.json/);
  });

  it('goes on exactly where it was interrupted', async () => {
    const data = join(folder, 'few.txt');
    await writeFile(
      data,
      generateDates(400)
        .map(({ source, target }) => `${source}\t${target}\n`)
        .join(''),
    );
    const options = { ...small, data, epochs: 2, batchTokens: 200, seed: 3 };
    const whole = await trainTranslator({ ...options, out: join(folder, 'whole') });
    const stop = new AbortController();
    const onEvent = (event: TrainEvent): void => {
      if (event.kind === 'step' && event.epoch === 2 && event.step >= 10) stop.abort();
    };
    await trainTranslator({ ...options, out: join(folder, 'parts'), signal: stop.signal, onEvent });
    const parts = await trainTranslator({ ...options, out: join(folder, 'parts'), resume: true });
    assert.deepEqual(parts.metrics, whole.metrics);
    const tensors = (name: string) => readFile(join(folder, name, 'model.safetensors'));
    assert.deepEqual(await tensors('parts'), await tensors('whole'));
  });

  it('says what is wrong with the data and the options', async () => {
    const file = join(folder, 'pairs.txt');
    const options = { ...small, data: file, out: join(folder, 'bad'), epochs: 1 };
    const refuses = async (content: string | Uint8Array, message: RegExp, more: object = {}) => {
      await writeFile(file, content);
      await assert.rejects(trainTranslator({ ...options, ...more }), message);
    };
    const good = Array.from({ length: 40 }, (_, i) => `word ${i}\t词${i}\tattribution`);
    await refuses(`${good.join('\n')}\n\nno tab here\n`, /pairs\.txt:42: the target is missing/);
    await refuses(`${good.join('\n')}\n\t你好\n`, /pairs\.txt:41: the source is missing/);
    await refuses(Uint8Array.of(0x61, 0x09, 0xff, 0x0a), /pairs\.txt:1: byte 2 \(0xff\) is not UTF-8/);
    await refuses('\n\n', /no line with a text and its translation/);
    await refuses('one\t一\n', /1 pair\(s\), of which none is held out/);
    await refuses(good.join('\n'), /pairs\.txt:\d+: a text has \d+ tokens.*takes 4/s, {
      maximumLength: 4,
      tooLong: 'refuse',
      sourceTokenizer: 'character',
    });
    await refuses(good.join('\n'), /columns is \[1, 1\]/, { columns: [1, 1] });
    await refuses(good.join('\n'), /no tokenizer 'sentencepiece'/, { targetTokenizer: 'sentencepiece' });
    await refuses(good.join('\n'), /width of 33/, { width: 33 });
    await refuses(good.join('\n'), /There is no schedule 'linear'/, { schedule: 'linear' });
    await assert.rejects(
      trainTranslator({ ...options, data: join(folder, 'none.txt') }),
      /no file or folder/,
    );
    const notes: string[] = [];
    await writeFile(file, good.join('\n'));
    await trainTranslator({
      ...options,
      ...{ columns: [1, 0], targetTokenizer: 'character', maximumLength: 6, schedule: 'inverse-sqrt' },
      ...{ patience: 1, validationSplit: 0.1 },
      onEvent: (event) => event.kind === 'note' && notes.push(event.text),
    });
    assert.match(notes.join(), /have a text of more than 6 tokens and are cut off there/);
  });
});
