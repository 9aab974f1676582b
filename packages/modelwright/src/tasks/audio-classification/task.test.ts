import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { encodeWav, saidDigits, tone } from '../../data/audio/browser.js';
import { openModel } from '../../saved/openModel.js';
import {
  audioNetworkNames,
  evaluateAudioClassifier,
  predictSounds,
  readSound,
  trainAudioClassifier,
} from '../index.js';
import { usualLength } from './examples.js';

const words = ['one', 'six', 'three'];
let folder = '';
const pattern = '{label}_{speaker}_{take}';

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'modelwright-sounds-'));
  await mkdir(join(folder, 'words'));
  const said = saidDigits(400, 5, 3).filter(({ word }) => words.includes(word));
  for (const [take, { word, speaker, ...clip }] of said.entries())
    await writeFile(join(folder, 'words', `${word}_${speaker}_${take}.wav`), encodeWav(clip));
});
after(() => rm(folder, { recursive: true, force: true }));

describe('training, measuring and using a classifier of sounds', () => {
  for (const model of audioNetworkNames) {
    it(`${model}: the saved folder hears what the training measured`, async () => {
      const [out, data] = [join(folder, model), join(folder, 'words')];
      const { metrics } = await trainAudioClassifier({
        ...{ data, out, model, pattern, holdOut: 'take=0-23' },
        ...{ epochs: 6, batchSize: 16, seconds: 0.6 },
      });
      assert.ok(metrics.accuracy! > 0.8, `accuracy is ${metrics.accuracy}`);
      const measured = await evaluateAudioClassifier({ model: out, data });
      assert.equal(measured.examples, 24);
      assert.deepEqual(measured.metrics, metrics);
      assert.match(await readFile(join(out, 'README.md'), 'utf8'), /await predictSounds\(model/);
      assert.match(await readFile(join(out, 'evaluation.md'), 'utf8'), /## Confusion matrix/);
      const opened = await openModel(out);
      assert.deepEqual(
        opened.config.inputs.map(({ name, shape }) => [name, shape]),
        [['waveform', ['batch', 4800]]],
      );
      const files = saidDigits(400, 5, 3)
        .filter(({ word }) => words.includes(word))
        .slice(0, 24);
      const predicted = await predictSounds(
        opened,
        files.map((clip) => encodeWav(clip)),
        { top: 1 },
      );
      const right = predicted.filter(([best], i) => best!.label === files[i]!.word).length;
      assert.ok(Math.abs(right / 24 - metrics.accuracy!) < 1e-9);
      // Twice the sample rate and half as loud is the same sound.
      const again = await predictSounds(opened, [join(data, `${files[0]!.word}_${files[0]!.speaker}_0.wav`)]);
      assert.equal(again[0]![0]!.label, predicted[0]![0]!.label);
      const { waveform } = await readSound(opened.config, encodeWav(tone(440, 0.5, 44_100)));
      assert.deepEqual(waveform.shape, [1, 4800]);
      await assert.rejects(predictSounds(opened, [new Uint8Array(0)]), /the sound is empty/);
      assert.equal(opened.config.preprocessing!.silence, 50);
      await opened.release();
    });
  }

  it('refuses what it cannot do', async () => {
    const train = (options: object) =>
      trainAudioClassifier({ data: join(folder, 'words'), out: join(folder, 'none'), pattern, ...options });
    await assert.rejects(train({ model: 'svm' }), /There is no network 'svm' for sounds/);
    await assert.rejects(train({ data: join(folder, 'nowhere') }), /There is no file or folder/);
    await assert.rejects(train({ holdOut: 'speaker=nobody' }), /fits none of the 120 sounds/);
    await assert.rejects(
      train({ holdOut: 'mood=good' }),
      /asks for 'mood', but the data has label, speaker, take/,
    );
    await assert.rejects(
      train({ pattern: '{word}_{speaker}_{take}' }),
      /has no label; there is word, speaker/,
    );
    await assert.rejects(train({ validationSplit: 0.7 }), /must lie between 0 and 0\.5/);
    await assert.rejects(
      train({ pattern: 'one_{label}_{speaker}', holdOut: 'label=2' }),
      /the label '2' was not seen in training\. Labels: 0, 1/,
    );
    await assert.rejects(train({ seconds: 0.1 }), /at least 0\.3 s long, but seconds is 0\.1/);
    const other = join(folder, 'other.csv');
    await writeFile(other, 'file,label\nwords/one_0_0.wav,one\n');
    await assert.rejects(evaluateAudioClassifier({ model: folder, data: other }), /config\.json/);
  });

  it('takes for silence what its config says, 50 decibel down where it says nothing', async () => {
    // 256 samples 56 decibel below the others, and 256 samples 44 below.
    const samples = new Float32Array(1024).fill(0.5);
    samples.fill(0.5 * 10 ** (-56 / 20), 0, 256);
    samples.fill(0.5 * 10 ** (-44 / 20), 256, 512);
    const heard = async (silence?: number): Promise<number> => {
      const preprocessing = { sampleRate: 8000, samples: 1024, ...(silence !== undefined && { silence }) };
      const config = {
        modelwright: { format: 1, version: '0.1.0' },
        task: 'audio-classification',
        inputs: [],
        outputs: [],
        preprocessing,
      };
      const { waveform } = await readSound(config, encodeWav({ samples, sampleRate: 8000 }));
      return waveform.data.filter((value) => value !== 0).length;
    };
    assert.deepEqual(
      [await heard(), await heard(50), await heard(60), await heard(30)],
      [768, 768, 1024, 512],
    );
  });

  it('takes the length that most sounds fit into', () => {
    const clips = [0.31, 0.35, 2].map((seconds) => ({
      ...{ name: '', fields: {}, label: 'x' },
      ...tone(500, seconds, 8000),
    }));
    assert.equal(usualLength(clips, { sampleRate: 8000, silence: 50 }, 0.6), 3200);
  });
});
