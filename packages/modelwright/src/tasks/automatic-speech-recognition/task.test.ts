import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { encodeWav, joinClips, resample, saidDigits } from '../../data/audio/browser.js';
import { NgramModel } from '../../data/text/index.js';
import { NdArray } from '../../graph/array.js';
import { speechRecognizer } from '../../nn/networks/index.js';
import { evaluateSpeechRecognizer, SpeechRecognizer, trainSpeechRecognizer } from '../index.js';
import { Alphabet, cleanTranscript, textOf } from './alphabet.js';
import { stringBatches, utteranceBatches } from './batches.js';
import { learnable } from './encoded.js';
import { SpeechFraming } from './framing.js';
import { languageScorer } from './language.js';
import { speechSpectrogram } from './models.js';

const words = ['one', 'six', 'three'];
const said = saidDigits(300, 5, 2).filter(({ word }) => words.includes(word));
const clips = said.map((clip) => ({ ...clip, speaker: String(clip.speaker) }));
const framing = new SpeechFraming({ spectrogram: speechSpectrogram(8000) });
const silence = (seconds: number): Float32Array<ArrayBuffer> => new Float32Array(Math.round(8000 * seconds));

describe('Alphabet', () => {
  it('takes characters or words apart, and puts words together with their times', () => {
    const characters = Alphabet.of(['a cab', 'bad'], 'character');
    assert.deepEqual(characters.classes, ['', ' ', 'a', 'b', 'c', 'd']);
    assert.deepEqual(characters.encode('ab z'), [2, 3, 1, undefined]);
    assert.deepEqual(characters.unknownIn('zazy'), ['z', 'y']);
    const heard = [2, 1, 3, 2, 1].map((token, i) => ({ token, start: 2 * i, end: 2 * i + 1 }));
    assert.deepEqual(characters.wordsOf(heard, 0.5), [
      { word: 'a', start: 0, end: 0.5 },
      { word: 'ba', start: 2, end: 3.5 },
    ]);
    const whole = Alphabet.of(['six one', 'one'], 'word');
    assert.deepEqual(whole.classes, ['', 'one', 'six']);
    assert.equal(textOf(whole.wordsOf([{ token: 2, start: 1, end: 2 }], 1)), 'six');
    assert.equal(cleanTranscript('  Hello\t World\n'), 'hello world');
  });
});

describe('languageScorer', () => {
  it('scores words of characters once they are whole, as words by themselves', () => {
    const model = NgramModel.train([['ab', 'a'], ['ab']], 2);
    const options = { languageWeight: 0.7, wordBonus: 0.2 };
    const scoreOf = (text: string, units: 'character' | 'word'): number => {
      const alphabet = Alphabet.of(['ab a'], units);
      const scorer = languageScorer(model, alphabet, options);
      let [state, sum] = [scorer.start, 0];
      for (const token of alphabet.encode(text)) {
        const extended = scorer.extend(state, token!);
        state = extended.state;
        sum += extended.score;
      }
      return sum + scorer.finish(state);
    };
    const expected =
      0.7 * (model.score([], 'ab') + model.score(['ab'], 'a') + model.score(['ab', 'a'], undefined)) + 0.4;
    assert.ok(Math.abs(scoreOf('ab a', 'character') - expected) < 1e-12);
    assert.ok(Math.abs(scoreOf('ab a', 'word') - expected) < 1e-12);
  });
});

describe('learnable', () => {
  it('leaves out and names what cannot be learnt', () => {
    const alphabet = new Alphabet('character', ['a', 'b']);
    const utterance = (name: string, text: string) => ({ name, text, samples: silence(0.05) });
    const { utterances, notes } = learnable(
      [
        utterance('1.wav', 'ab'),
        utterance('2.wav', 'añb'),
        utterance('3.wav', ''),
        utterance('4.wav', 'a'.repeat(9)),
      ],
      alphabet,
      framing,
    );
    assert.deepEqual(
      utterances.map(({ name, tokens }) => [name, tokens]),
      [['1.wav', [1, 2]]],
    );
    assert.deepEqual(notes, [
      "2 transcript(s) hold characters that are not in the alphabet, and are left out: 2.wav ('ñ'); 3.wav (its transcript is empty)",
      '1 transcript(s) are too long for their sound, and are left out: 4.wav (17 steps are needed, there are 12)',
    ]);
  });
});

describe('batches of speech', () => {
  const alphabet = Alphabet.of(words, 'word');
  const utterances = said.slice(0, 12).map(({ word, samples }) => ({
    ...{ name: word, text: word, samples, tokens: alphabet.encode(word).map((token) => token!) },
  }));

  it('are filled up with silence and -1, and are the same from the same seed', async () => {
    for (const augmentFrom of [undefined, 1]) {
      const options = { alphabet, framing, batchSize: 4, augmentFrom, seed: 3 };
      for (const batches of [
        utteranceBatches(utterances, options),
        stringBatches(utterances, [2, 3], 10, options),
      ]) {
        const all = [];
        for await (const batch of batches.iterate({ epoch: 1 })) all.push(batch);
        assert.equal(
          all.reduce((sum, { waveform }) => sum + waveform!.shape[0]!, 0),
          batches.length === 3 && all.at(-1)!.waveform!.shape[0] === 2 ? 10 : 12,
        );
        for (const { waveform, target } of all) {
          assert.equal(waveform!.shape[1]! % 8000, 0);
          assert.ok(target!.toNumbers().every((token) => token >= -1 && token <= 3 && token !== 0));
          assert.ok(waveform!.toNumbers().every((value) => Math.abs(value) <= 1 + 1e-6));
        }
        const again = await batches.at(0, 1);
        assert.deepEqual(again, all[0]);
      }
    }
  });
});

describe('training, measuring and using a recogniser of speech', () => {
  let folder = '';
  let out = '';
  let metrics: Readonly<Record<string, number>> = {};
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'modelwright-speech-'));
    out = join(folder, 'model');
    await mkdir(join(folder, 'words'));
    for (const [take, { word, speaker, ...clip }] of said.entries())
      await writeFile(join(folder, 'words', `${word}_${speaker}_${take}.wav`), encodeWav(clip));
    const result = await trainSpeechRecognizer({
      ...{ data: join(folder, 'words'), pattern: '{label}_{speaker}_{take}', holdOut: 'take=0-19', out },
      ...{ strings: [1, 2], stringsPerEpoch: 96, batchSize: 8, epochs: 8 },
    });
    metrics = result.metrics;
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('learns, and measures the same again', async () => {
    assert.ok(metrics.wordErrorRate! < 0.5, `word error rate ${metrics.wordErrorRate}`);
    const measured = await evaluateSpeechRecognizer({ model: out, data: join(folder, 'words') });
    assert.equal(measured.examples, 200);
    assert.ok(Math.abs(measured.metrics.loss! - metrics.loss!) < 1e-6);
    assert.equal(measured.characters.rate, metrics.characterErrorRate);
    assert.equal(measured.words.rate, metrics.wordErrorRate);
    assert.match(await readFile(join(out, 'evaluation.md'), 'utf8'), /\| words \| /);
    assert.match(await readFile(join(out, 'README.md'), 'utf8'), /await SpeechRecognizer\.open\('\.'\)/);
    assert.match(await readFile(join(out, 'language-model.arpa'), 'utf8'), /^\\data\\/);
  });

  it('hears a stream, in whatever pieces, as it hears the whole', async () => {
    const recognizer = await SpeechRecognizer.open(out);
    assert.ok(recognizer.streams);
    for (const beams of [1, 4]) {
      for (let i = 0; i < 4; i++) {
        const { samples } = joinClips(clips, [9, i], { words: [1, 3] });
        const whole = await recognizer.recognize({ samples, sampleRate: 8000 }, { beams });
        const stream = await recognizer.stream({ beams });
        const partial: string[] = [];
        for (let at = 0; at < samples.length; at += 700 + 400 * i)
          partial.push(await stream.write(samples.subarray(at, at + 700 + 400 * i)));
        assert.deepEqual(await stream.end(), whole);
        if (beams === 1)
          for (const [k, text] of partial.slice(1).entries()) assert.ok(text.startsWith(partial[k]!));
        await assert.rejects(stream.write(samples), /The stream has ended/);
      }
    }
    const { samples } = joinClips(clips, [9, 9]);
    const doubled = resample(samples, 8000, 16_000);
    const stream = await recognizer.stream({ sampleRate: 16_000 });
    for (let at = 0; at < doubled.length; at += 999) await stream.write(doubled.subarray(at, at + 999));
    const direct = await recognizer.recognize({ samples: doubled, sampleRate: 16_000 });
    assert.deepEqual(await stream.end(), direct);
    await recognizer.release();
  });

  it('hears several streams at once as each alone, and says when words were said', async () => {
    const recognizer = await SpeechRecognizer.open(out);
    const sounds = Array.from({ length: 3 }, (_, i) => joinClips(clips, [10, i], { words: [2, 2] }).samples);
    const alone = [];
    for (const samples of sounds) alone.push(await recognizer.recognize({ samples, sampleRate: 8000 }));
    const streams = await Promise.all(sounds.map(() => recognizer.stream()));
    await Promise.all(streams.map((stream, i) => stream.write(sounds[i]!)));
    assert.deepEqual(await Promise.all(streams.map((stream) => stream.end())), alone);
    for (const { words: heard, seconds, text } of alone) {
      assert.equal(text, heard.map(({ word }) => word).join(' '));
      let before = 0;
      for (const { start, end } of heard) {
        assert.ok(start >= before && end > start && end <= seconds + 0.8);
        before = start;
      }
    }
    const empty = await (await recognizer.stream()).end();
    assert.equal(empty.seconds, 0);
    await assert.rejects(recognizer.recognize(new Uint8Array(0)), /the sound is empty/);
    await assert.rejects(
      recognizer.recognize({ samples: new Float32Array(0), sampleRate: 8000 }),
      /it has no samples/,
    );
    await recognizer.release();
  });

  it('learns transcripts by characters from a list, and leaves out what does not fit', async () => {
    const list = join(folder, 'list.csv');
    const rows = said
      .slice(0, 24)
      .map(({ word, speaker }, take) => `words/${word}_${speaker}_${take}.wav,${word}`);
    await writeFile(
      list,
      `path,sentence\n${rows.join('\n')}\nwords/${said[0]!.word}_${said[0]!.speaker}_0.wav,Zoë!\n`,
    );
    for (const model of ['conv-bigru', 'conformer']) {
      const notes: string[] = [];
      const directory = join(folder, model);
      const result = await trainSpeechRecognizer({
        ...{ data: list, out: directory, model, alphabet: 'abcdefghijklmnopqrstuvwxyz ' },
        ...{ epochs: 1, validationSplit: 0.2, ngram: 0 },
        onEvent: (event) => event.kind === 'note' && notes.push(event.text),
      });
      assert.ok(Number.isFinite(result.metrics.loss));
      assert.match(
        notes.join('\n'),
        /1 transcript\(s\) hold characters that are not in the alphabet.*\('ë', '!'\)/,
      );
      const recognizer = await SpeechRecognizer.open(directory);
      assert.ok(!recognizer.streams);
      await assert.rejects(recognizer.stream(), /cannot stream\. Train a conv-gru/);
      const { text } = await recognizer.recognize(
        join(folder, 'words', `${said[0]!.word}_${said[0]!.speaker}_0.wav`),
      );
      assert.match(text, /^[a-z ]*$/);
      if (model === 'conformer') {
        await assert.rejects(
          recognizer.recognize({ samples: silence(121), sampleRate: 8000 }),
          /The sound is 121\.0 s long, but this model takes at most 120 s at once/,
        );
      }
      await recognizer.release();
    }
  });

  it('learns with a Conformer', async () => {
    const { metrics } = await trainSpeechRecognizer({
      ...{ data: join(folder, 'words'), pattern: '{label}_{speaker}_{take}', holdOut: 'take=0-19' },
      ...{ out: join(folder, 'attentive'), model: 'conformer', strings: [1, 1], stringsPerEpoch: 96 },
      ...{ batchSize: 8, epochs: 5, augment: false, ngram: 0 },
    });
    assert.ok(metrics.wordErrorRate! < 0.5, `word error rate ${metrics.wordErrorRate}`);
  });

  it('refuses what it cannot do', async () => {
    const train = (options: object) =>
      trainSpeechRecognizer({ data: 'said-digits', out: join(folder, 'none'), ...options });
    await assert.rejects(train({ model: 'hmm' }), /There is no network 'hmm' for speech/);
    await assert.rejects(train({ units: 'phone' }), /There are no units 'phone'/);
    await assert.rejects(train({ strings: [3, 2] }), /strings must be two whole numbers/);
    await assert.rejects(train({ units: 'word', alphabet: 'abc' }), /An alphabet is one of characters/);
    await assert.rejects(
      train({
        data: join(folder, 'words'),
        pattern: '{label}_{speaker}_{take}',
        units: 'character',
        alphabet: 'z',
      }),
      /there is nothing to learn from\. .* transcript\(s\) hold characters/,
    );
    await assert.rejects(SpeechRecognizer.open(join(folder, 'words')), /config\.json/);
  });
});

describe('speechRecognizer', () => {
  it('gives the same logits for a sound whatever silence follows', async () => {
    const options = { classes: 4, spectrogram: speechSpectrogram(8000), units: 8, filters: 8 };
    const layer = speechRecognizer(options);
    const own = new SpeechFraming(options);
    const samples = own.fill(said[0]!.samples);
    const longer = new Float32Array(samples.length + 8000);
    longer.set(samples);
    const { defaultRuntime } = await import('../../runtime/defaultRuntime.js');
    const { predictionGraph } = await import('../../train/export.js');
    const variables = layer.init({ shape: [1, samples.length] }, 1);
    const batchTypes = {
      waveform: { dtype: 'float32' as const, shape: [1, 'samples'] },
      target: { dtype: 'int32' as const, shape: [1, 'tokens'] },
    };
    const graph = predictionGraph({ model: layer, variables, batchTypes } as never);
    const executable = await defaultRuntime().compile(graph, { inference: true });
    const [short] = await executable.run([new NdArray('float32', [1, samples.length], samples)]);
    const [long] = await executable.run([new NdArray('float32', [1, longer.length], longer)]);
    assert.equal(short!.shape[1], own.stepsOf(said[0]!.samples.length));
    const [a, b] = [short!.toNumbers(), long!.toNumbers()];
    for (const [i, value] of a.entries()) assert.ok(Math.abs(value - b[i]!) < 1e-4);
    await executable.release();
  });
});
