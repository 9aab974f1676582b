import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Random } from '../../graph/random.js';
import { readFixture } from '../../testing/fixture.js';
import * as audio from './browser.js';
import { listSounds, loadSounds } from './sources.js';

const fixture = readFixture<{
  readonly wav: string;
  readonly flac: string;
  readonly mp3: string;
  readonly ogg: string;
  readonly opus: string;
  readonly down: readonly number[];
  readonly up: readonly number[];
}>(import.meta.url, 'fixtures/sounds.json');

const bytesOf = (name: 'wav' | 'flac' | 'mp3' | 'ogg' | 'opus'): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(Buffer.from(fixture[name], 'base64'));

/** The share of a sound's power that lies at one pitch. */
function shareAt({ samples, sampleRate }: audio.AudioClip, hz: number): number {
  let [real, imaginary] = [0, 0];
  for (const [i, value] of samples.entries()) {
    real += value * Math.cos((2 * Math.PI * hz * i) / sampleRate);
    imaginary += value * Math.sin((2 * Math.PI * hz * i) / sampleRate);
  }
  return (2 * (real ** 2 + imaginary ** 2)) / samples.length ** 2 / audio.powerOf(samples);
}

describe('decodeAudio', () => {
  for (const format of ['wav', 'flac', 'mp3', 'ogg', 'opus'] as const) {
    it(`reads ${format}: the mean of two channels`, async () => {
      const clip = await audio.decodeAudio(bytesOf(format));
      assert.equal(clip.format, format);
      // Opus knows 48 kHz alone.
      assert.equal(clip.sampleRate, format === 'opus' ? 48_000 : 8000);
      assert.equal(clip.channels, format === 'mp3' ? clip.channels : 2);
      assert.ok(shareAt(clip, 440) > 0.97, `share ${shareAt(clip, 440)}`);
      const exact = format === 'wav' || format === 'flac';
      if (exact) assert.equal(clip.samples.length, 2000);
      if (format === 'opus') assert.equal(clip.samples.length, 12_000);
      assert.ok(Math.abs(audio.peakOf(clip.samples) - 0.4) < (exact ? 1e-3 : 0.05));
    });

    it(`says when ${format} is cut off or holds nothing`, async () => {
      const bytes = bytesOf(format);
      const name = `a.${format}`;
      await assert.rejects(
        audio.decodeAudio(bytes.subarray(0, format === 'wav' ? 2000 : 30), { name }),
        new RegExp(`^Error: a\\.${format} (cannot be read as|holds no sound)`),
      );
    });
  }

  it('brings sound to another sample rate, and writes and reads WAV alike', async () => {
    const clip = await audio.decodeAudio(bytesOf('wav'), { sampleRate: 16_000 });
    assert.deepEqual([clip.samples.length, clip.sampleRate, clip.originalRate], [4000, 16_000, 8000]);
    assert.ok(shareAt(clip, 440) > 0.99);
    const again = await audio.decodeAudio(audio.encodeWav(clip));
    assert.ok(again.samples.every((value, i) => Math.abs(value - clip.samples[i]!) <= 1.6 / 32_768));
  });

  it('says where an Opus file is damaged or cut off', async () => {
    const bytes = bytesOf('opus');
    const rejects = (changed: Uint8Array, message: RegExp): Promise<void> =>
      assert.rejects(audio.decodeAudio(changed, { name: 'x' }), message);
    await rejects(
      bytes.subarray(0, -200),
      /x cannot be read as OPUS: it is cut off within page \d+: 200 bytes/,
    );
    await rejects(bytes.subarray(0, 100), /it is cut off within page 2/);
    const damaged = bytes.slice();
    damaged[damaged.length - 300]! ^= 1;
    await rejects(damaged, /it is damaged: page \d+ is not what its checksum says/);
  });

  it('names what is wrong with a file', async () => {
    const rejects = (bytes: Uint8Array, message: RegExp): Promise<void> =>
      assert.rejects(audio.decodeAudio(bytes, { name: 'x' }), message);
    const header = audio.encodeWav({ samples: new Float32Array(100), sampleRate: 8000 });
    await rejects(new Uint8Array(0), /^Error: x is empty/);
    await rejects(
      new TextEncoder().encode('<!doctype html>'),
      /starts with the bytes 3c 21 64 6f\. Expected WAV/,
    );
    await rejects(header.subarray(0, 144), /promises 200 bytes of sound, but the file holds 100/);
    await rejects(header.subarray(0, 40), /has no 'data' part: it is cut off/);
    await rejects(
      audio.encodeWav({ samples: new Float32Array(0), sampleRate: 8000 }),
      /holds no sound: it has 0/,
    );
    const silentRate = header.slice();
    silentRate.fill(0, 24, 28);
    await rejects(silentRate, /1 channels, 0 samples a second/);
    await assert.rejects(
      audio.decodeAudio(bytesOf('wav'), { maximumSeconds: 0.1 }),
      /0\.3 s long; at most 0\.1/,
    );
  });
});

describe('PcmReader', () => {
  it('puts together samples that were cut in two', () => {
    const reader = new audio.PcmReader();
    const bytes = Uint8Array.of(0, 64, 0, 192, 255, 127, 0, 128);
    const parts = [bytes.subarray(0, 3), bytes.subarray(3, 3), bytes.subarray(3, 4), bytes.subarray(4)];
    const samples = parts.flatMap((part) => [...reader.push(part)]);
    assert.deepEqual(samples, [0.5, -0.5, 32_767 / 32_768, -1]);
  });
});

describe('resample', () => {
  const noise = Float32Array.from({ length: 120 }, (_, i) => ((i * 7919 + 13) % 1000) / 500 - 1);

  it('is the sum of its definition', () => {
    for (const [found, expected] of [
      [audio.resample(noise, 16_000, 11_025), fixture.down],
      [audio.resample(noise, 8000, 12_000, { crossings: 6, rolloff: 0.9 }), fixture.up],
    ] as const) {
      assert.equal(found.length, expected.length);
      for (const [i, value] of expected.entries()) assert.ok(Math.abs(found[i]! - value) < 1e-5, `${i}`);
    }
  });

  it('is the same for sound that comes in pieces', () => {
    for (const [from, to] of [
      [16_000, 11_025],
      [8000, 16_000],
      [8000, 8000],
    ] as const) {
      const resampler = new audio.Resampler(from, to);
      const cuts = [0, 1, 8, 60, 119, 120];
      const parts = cuts.slice(1).map((end, i) => resampler.push(noise.subarray(cuts[i]!, end), end === 120));
      assert.deepEqual(
        parts.flatMap((part) => [...part]),
        [...audio.resample(noise, from, to)],
      );
    }
  });

  it('keeps tones that both rates hold and removes the others', () => {
    const low = audio.tone(1000, 0.5, 16_000);
    const high = audio.tone(6000, 0.5, 16_000);
    const inner = (samples: Float32Array): number => audio.powerOf(samples.subarray(200, 3800));
    assert.ok(Math.abs(inner(audio.resample(low.samples, 16_000, 8000)) - 0.5) < 0.01);
    assert.ok(inner(audio.resample(high.samples, 16_000, 8000)) < 1e-5);
    assert.throws(() => audio.resample(noise, 8000, 0), /the new sample rate must be a whole number/);
  });
});

describe('clips', () => {
  it('are mixed, trimmed, fitted and made louder', () => {
    assert.deepEqual([...audio.mixToMono([Float32Array.of(1, 0), Float32Array.of(0, 0.5)])], [0.5, 0.25]);
    assert.throws(
      () => audio.mixToMono([new Float32Array(1), new Float32Array(2)]),
      /channels have 1, 2 samples/,
    );
    const padded = new Float32Array(2000);
    padded.set(audio.tone(500, 0.05, 8000).samples, 768);
    assert.equal(audio.trimSilence(padded).length, 512);
    assert.equal(audio.trimSilence(new Float32Array(700)).length, 700);
    const three = Float32Array.of(1, 2, 3);
    assert.deepEqual([...audio.fitLength(three, 5)], [1, 2, 3, 0, 0]);
    assert.deepEqual([...audio.fitLength(three, 5, 'middle')], [0, 1, 2, 3, 0]);
    assert.deepEqual([...audio.fitLength(three, 1, 'middle')], [2]);
    assert.deepEqual([...audio.fitLength(three, 2, 1)], [2, 3]);
    assert.equal(audio.peakOf(audio.normalizePeak(three)), Math.fround(0.9));
    assert.equal(audio.peakOf(audio.normalizePeak(new Float32Array(3))), 0);
  });
});

describe('augmentation of sound', () => {
  const { samples } = audio.tone(500, 0.5, 8000);

  it('adds noise at the ratio asked for', () => {
    const noisy = audio.addNoise(samples, 20, new Random(1));
    const noise = noisy.map((value, i) => value - samples[i]!);
    assert.ok(Math.abs(10 * Math.log10(audio.powerOf(samples) / audio.powerOf(noise)) - 20) < 1e-3);
    const hum = audio.addNoise(samples, 0, new Random(1), audio.tone(50, 0.1, 8000).samples);
    assert.ok(Math.abs(audio.powerOf(hum) / audio.powerOf(samples) - 2) < 0.05);
  });

  it('changes speed and pitch together, moves, and is the same from the same seed', () => {
    const faster = audio.changeSpeed(samples, 1.25);
    assert.equal(faster.length, samples.length / 1.25);
    assert.ok(shareAt({ samples: faster, sampleRate: 8000 }, 625) > 0.98);
    assert.throws(() => audio.changeSpeed(samples, 0), /between 0\.25 and 4/);
    assert.deepEqual([...audio.shiftSound(Float32Array.of(1, 2, 3), 1)], [0, 1, 2]);
    assert.deepEqual([...audio.shiftSound(Float32Array.of(1, 2, 3), -2)], [3, 0, 0]);
    assert.deepEqual([...audio.shiftSound(Float32Array.of(1, 2), 5)], [0, 0]);
    const change = audio.composeAudio(
      audio.randomSpeed(),
      audio.sometimes(0.5, audio.randomNoise()),
      audio.randomGain(),
      audio.randomShift(100),
    );
    assert.deepEqual(change(samples, new Random(7)), change(samples, new Random(7)));
    assert.notDeepEqual(change(samples, new Random(7)), change(samples, new Random(8)));
  });
});

describe('sound made here', () => {
  it('says digits: voices differ, the same seed says the same', () => {
    const words = audio.saidDigits(20, 3);
    assert.deepEqual(audio.saidDigits(20, 3), words);
    assert.deepEqual(
      words.slice(0, 3).map(({ word }) => word),
      ['zero', 'one', 'two'],
    );
    for (const { samples } of words) {
      assert.ok(samples.length > 1000 && samples.length < 8000);
      assert.ok(Math.abs(audio.peakOf(samples) - 0.5) < 1e-6 && samples.every(Number.isFinite));
    }
  });

  it('joins words of one speaker, and says where each is', () => {
    const words = audio.saidDigits(60, 3, 2).map((said) => ({ ...said, speaker: String(said.speaker) }));
    const joined = audio.joinClips(words, [1, 2], { words: [3, 5], pause: [0.1, 0.2] });
    assert.deepEqual(audio.joinClips(words, [1, 2], { words: [3, 5], pause: [0.1, 0.2] }), joined);
    assert.equal(joined.text, joined.words.map(({ word }) => word).join(' '));
    assert.ok(joined.words.length >= 3 && joined.words.length <= 5);
    for (const [i, { start, end }] of joined.words.entries()) {
      const pause = start - (joined.words[i - 1]?.end ?? 0);
      assert.ok(pause > 0.0999 && pause < 0.2001 && end > start);
      const before = joined.samples.subarray(Math.round((start - pause) * 8000), Math.round(start * 8000));
      assert.equal(audio.peakOf(before), 0);
    }
    assert.throws(() => audio.joinClips([], [1]), /no clips to join/);
  });
});

describe('names and conditions', () => {
  it('reads fields out of names', () => {
    const parse = audio.namePattern('{label}_{speaker}_{take}.wav');
    assert.deepEqual(parse('3_theo_12.wav'), { label: '3', speaker: 'theo', take: '12' });
    assert.equal(parse('3_theo.wav'), undefined);
    assert.deepEqual(audio.namePattern('{text}-{take}')('a b-1.flac'), { text: 'a b', take: '1' });
    assert.throws(() => audio.namePattern('*.wav'), /needs fields in braces/);
    assert.throws(() => audio.namePattern('{a}{a}'), /each once/);
  });

  it('selects by values, lists and spans', () => {
    const fields = { speaker: 'theo', take: '4' };
    assert.ok(audio.fieldCondition('take=0-4')(fields));
    assert.ok(!audio.fieldCondition('take=5-9')(fields));
    assert.ok(audio.fieldCondition('speaker=lucas,theo take=4')(fields));
    assert.ok(!audio.fieldCondition('speaker=theo take=1')(fields));
    assert.throws(() => audio.fieldCondition('take<5'), /is no condition on fields/);
    assert.throws(
      () => audio.fieldCondition('age=5')(fields),
      /asks for 'age', but the data has speaker, take/,
    );
  });
});

describe('sources of sound', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'modelwright-audio-'));
    const short = audio.encodeWav(audio.tone(300, 0.1, 8000));
    for (const label of ['no', 'yes']) {
      await mkdir(join(folder, 'classes', label), { recursive: true });
      await writeFile(join(folder, 'classes', label, 'a.wav'), short);
    }
    await writeFile(join(folder, 'classes', 'yes', 'b.wav'), audio.encodeWav(audio.tone(300, 0.1, 16_000)));
    await writeFile(join(folder, 'classes', 'yes', 'c.wav'), 'no sound at all');
    await writeFile(join(folder, 'classes', 'yes', 'readme.txt'), 'hello');
    await writeFile(join(folder, '1_ann_0.wav'), short);
    await writeFile(join(folder, '2_ann.wav'), short);
    await writeFile(join(folder, 'list.csv'), 'path,transcription,speaker\n1_ann_0.wav,"one, two",ann\n');
    await writeFile(
      join(folder, 'list.jsonl'),
      '{"audio_filepath":"1_ann_0.wav","text":"one","duration":0.1}\n',
    );
    await writeFile(join(folder, 'bad.csv'), 'text\nhello\n');
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('are folders of classes; broken files are left out and told, other rates are changed', async () => {
    const { sounds, skipped } = await listSounds(join(folder, 'classes'));
    assert.deepEqual(
      sounds.map(({ fields }) => fields.label),
      ['no', 'yes', 'yes', 'yes'],
    );
    assert.match(skipped[0]!.reason, /its name ends in none of \.wav/);
    const loaded = await loadSounds(sounds);
    assert.equal(loaded.sampleRate, 8000);
    assert.deepEqual(
      loaded.clips.map(({ samples }) => samples.length),
      [800, 800, 800],
    );
    assert.match(loaded.skipped[0]!.reason, /^c\.wav is no sound that is known/);
    assert.deepEqual(loaded.notes, ['1 file(s) have another sample rate and are brought to 8000 Hz.']);
  });

  it('are names of files, and lists', async () => {
    const named = await listSounds(folder, { pattern: '{label}_{speaker}_{take}.wav' });
    assert.deepEqual(
      named.sounds.map(({ fields }) => fields),
      [{ label: '1', speaker: 'ann', take: '0' }],
    );
    assert.match(named.skipped[0]!.reason, /its name is not like/);
    const csv = await listSounds(join(folder, 'list.csv'));
    assert.deepEqual(csv.sounds[0], {
      file: join(folder, '1_ann_0.wav'),
      fields: { text: 'one, two', speaker: 'ann' },
    });
    const json = await listSounds(join(folder, 'list.jsonl'));
    assert.deepEqual(json.sounds[0]!.fields, { text: 'one', duration: '0.1' });
  });

  it('say what they lack', async () => {
    await assert.rejects(listSounds(join(folder, 'nowhere')), /There is no file or folder/);
    await assert.rejects(listSounds(join(folder, 'bad.csv')), /bad\.csv:2: no file is named/);
    await assert.rejects(listSounds(join(folder, '1_ann_0.wav')), /is none of \.csv, \.tsv/);
    await assert.rejects(
      listSounds(folder, { pattern: '{x}.flac' }),
      /holds no sound files .* like \{x\}\.flac/,
    );
    await assert.rejects(
      listSounds(join(folder, 'classes', 'no')),
      /has no folders; expected one for each label/,
    );
    await assert.rejects(
      loadSounds([{ file: join(folder, 'bad.csv'), fields: {} }]),
      /None of the 1 sound files can be read.*bad\.csv is no sound/,
    );
  });
});
