// The way from speech to text, on the command line and over HTTP.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type AudioClip, encodeWav, joinClips, saidDigits } from 'modelwright/data';
import { type Recognition, SpeechRecognizer } from 'modelwright/tasks';
import OpenAI from 'openai';
import type { TranscriptionVerbose } from 'openai/resources/audio/transcriptions';
import { WebSocket } from 'ws';
import { type RunningServer, serve } from '../server/serve.js';
import { serveModel } from '../server/servedModel.js';
import { lastLineJson, outcomeOf, run, start } from './testing.js';

const clip: AudioClip = joinClips(
  saidDigits(20, 3, 1).map((said) => ({ ...said, speaker: '' })),
  [4],
  { words: [3, 3] },
);
/** Raw samples of 16 bits: those of the WAV file. */
const wav = encodeWav(clip);
const pcm = wav.subarray(44);

const pieces = Array.from({ length: Math.ceil(pcm.length / 1001) }, (_, i) =>
  pcm.subarray(1001 * i, 1001 * (i + 1)),
);

/**
 * Sends messages over a WebSocket, and gives what is answered until the end.
 * @returns the code of closing, or the status of an answer that is none
 */
function converseAt(
  url: string,
  messages: readonly (Uint8Array | string)[],
  headers: Readonly<Record<string, string>> = {},
): Promise<[number, object[]]> {
  const socket = new WebSocket(url.replace('http', 'ws'), { headers });
  const answers: object[] = [];
  return new Promise((resolve, reject) => {
    socket.on('open', () => {
      for (const message of messages) socket.send(message);
    });
    socket.on('message', (data) => answers.push(JSON.parse(String(data)) as object));
    socket.on('close', (code) => resolve([code, answers]));
    socket.on('unexpected-response', (_, response) => resolve([response.statusCode ?? 0, answers]));
    socket.on('error', reject);
  });
}

describe('automatic speech recognition', () => {
  let folder = '';
  let out = '';
  let expected: Recognition;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'modelwright-said-'));
    out = join(folder, 'model');
    const { status, stderr } = await run([
      ...['train', 'automatic-speech-recognition', '--data', 'said-digits', '--out', out, '--json'],
      ...['--epochs', '5', '--strings', '1-2', '--strings-per-epoch', '64', '--batch-size', '8'],
    ]);
    assert.equal(status, 0, stderr);
    assert.match(stderr, /^conv-gru: [\d,]+ parameters/);
    const recognizer = await SpeechRecognizer.open(out);
    expected = await recognizer.recognize(wav);
    await recognizer.release();
  });
  after(() => rm(folder, { recursive: true }));

  it('writes down files, and streams of raw samples as they arrive', async () => {
    const file = join(folder, 'a.wav');
    await writeFile(file, wav);
    const whole = await run(['predict', out, file, '--json']);
    const { results } = lastLineJson(whole.stdout) as { results: [Recognition & { file: string }] };
    assert.deepEqual(results[0], { file, ...expected });
    const streamed = await run(['predict', out, '-', '--stream', '--json'], { input: pcm });
    assert.equal(streamed.status, 0, streamed.stderr);
    const { model, task, ...heard } = lastLineJson(streamed.stdout);
    assert.deepEqual([model, task], [out, 'automatic-speech-recognition']);
    assert.deepEqual(heard, expected);
    const plain = await run(['predict', out, '-', '--stream', '--sample-rate', '8000'], { input: pcm });
    assert.equal(plain.stdout, `${expected.text}\n`);
    const refused = await run(['predict', out, file, '--stream']);
    assert.equal(refused.status, 2);
    assert.match(refused.stderr, /a stream is read from standard input/);
  });

  it('is served without a complaint when it is warmed', async () => {
    const child = start(['serve', out, '--port', '0']);
    const outcome = outcomeOf(child);
    await once(child.stdout, 'data');
    child.kill('SIGTERM');
    const { status, stderr } = await outcome;
    assert.equal(status, 0);
    assert.match(stderr, /^Stopping[^\n]*\n$/);
  });

  describe('over HTTP', () => {
    let server: RunningServer;
    before(async () => {
      server = await serve({ models: [await serveModel(out, { name: 'digits', replicas: 1 })], port: 0 });
    });
    after(() => server.close());

    it('writes down a sound in the body', async () => {
      const ask = async (body: Uint8Array, query = ''): Promise<[number, Record<string, unknown>]> => {
        const response = await fetch(`${server.url}/models/digits/predict${query}`, {
          method: 'POST',
          body: Buffer.from(body),
          headers: { 'Content-Type': 'audio/wav' },
        });
        return [response.status, (await response.json()) as Record<string, unknown>];
      };
      const [status, { text, words, seconds }] = await ask(wav);
      assert.equal(status, 200);
      assert.deepEqual({ text, words, seconds }, expected);
      assert.equal((await ask(wav, '?beams=4&languageWeight=1'))[0], 200);
      for (const [body, query, message] of [
        [wav.subarray(0, 60), '', /promises \d+ bytes of sound/],
        [wav, '?beams=0', /beams should be a whole number from 1 to 256, but it is '0'/],
      ] as const) {
        const [refused, { error }] = await ask(body, query);
        assert.equal(refused, 400);
        assert.match(String(error), message);
      }
    });

    it('writes down a file for OpenAI clients, in all their formats', async () => {
      const openai = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'none', maxRetries: 0 });
      const model = 'digits';
      const write = async (more: object) =>
        openai.audio.transcriptions.create({
          ...{ model, file: new File([Buffer.from(wav)], 'a.wav', { type: 'audio/wav' }), ...more },
        });
      const seconds = Math.ceil(expected.seconds);
      assert.deepEqual(await write({}), { text: expected.text, usage: { type: 'duration', seconds } });
      assert.equal(await write({ response_format: 'text' }), `${expected.text}\n`);
      const verbose = { response_format: 'verbose_json', timestamp_granularities: ['word', 'segment'] };
      const { words, segments, duration, text } = (await write(verbose)) as TranscriptionVerbose;
      assert.deepEqual({ words, text, seconds: duration }, expected);
      assert.equal(segments!.map((segment) => segment.text).join(' '), expected.text);
      assert.match(String(await write({ response_format: 'vtt' })), /^WEBVTT\n/);
      assert.equal(typeof (await write({ response_format: 'srt' })), 'string');
      await assert.rejects(
        write({ response_format: 'xml' }),
        /'response_format' should be one of json, text/,
      );
      await assert.rejects(write({ file: new File(['no sound'], 'a.wav') }), OpenAI.BadRequestError);
    });

    const converse = (path: string, messages: readonly (Uint8Array | string)[]) =>
      converseAt(`${server.url}${path}`, messages);

    it('hears sound that arrives over a WebSocket as it hears the whole', async () => {
      const [code, answers] = await converse('/models/digits/stream?sampleRate=8000', [...pieces, 'end']);
      assert.equal(code, 1000);
      assert.deepEqual(answers.at(-1), { ...expected, final: true });
      for (const partial of answers.slice(0, -1))
        assert.ok(expected.text.startsWith((partial as { text: string }).text));
    });

    it('says what is wrong with a stream', async () => {
      const [wrong, [{ error }]] = (await converse('/models/digits/stream', ['hello'])) as [
        number,
        [{ error: string }],
      ];
      assert.equal(wrong, 1008);
      assert.match(error, /Send samples as bytes, or "end"; not 'hello'/);
      const [rate, [refused]] = await converse('/models/digits/stream?sampleRate=1', []);
      assert.equal(rate, 1008);
      assert.match(JSON.stringify(refused), /sampleRate should be a whole number from 1000/);
      assert.deepEqual(await converse('/models/nothing/stream', []), [404, []]);
      const plain = await fetch(`${server.url}/models/digits/stream`);
      assert.equal(plain.status, 426);
      const from = (Origin: string) =>
        converseAt(`${server.url}/models/digits/stream?sampleRate=8000`, ['end'], { Origin });
      assert.equal((await from(server.url))[0], 1000);
      assert.deepEqual(await from('https://elsewhere.example'), [403, []]);
    });
  });

  describe('on the platform', () => {
    let platform: ReturnType<typeof start>;
    let url = '';
    let key = '';
    before(async () => {
      platform = start(['up', '--folder', join(folder, 'platform'), '--port', '0', '--json']);
      const [line] = (await once(platform.stdout, 'data')) as [Buffer];
      ({ url, key } = lastLineJson(line.toString()) as { url: string; key: string });
      await command('models', 'push', out, 'dictation');
      await command('deploy', 'dictation@1', '--replicas', '1');
    });
    after(async () => {
      platform.kill('SIGTERM');
      const [status] = (await once(platform, 'exit')) as [number | null];
      assert.equal(status, 0, 'it ends in order');
    });
    const command = async (...args: string[]): Promise<Record<string, unknown>> => {
      const environment = { MODELWRIGHT_SERVER: url, MODELWRIGHT_KEY: key };
      const { status, stdout, stderr } = await run([...args, '--json'], { environment });
      assert.equal(status, 0, stderr);
      return lastLineJson(stdout);
    };
    const stream = (messages: readonly (Uint8Array | string)[], headers: Record<string, string>) =>
      converseAt(`${url}/api/models/dictation/stream?sampleRate=8000`, messages, headers);

    it('hears sound that arrives over a WebSocket, for those who have a key', async () => {
      const { key: caller } = (await command('keys', 'create', 'phone', '--role', 'caller')) as {
        key: string;
      };
      const [code, answers] = await stream([...pieces, 'end'], { Authorization: `Bearer ${caller}` });
      assert.equal(code, 1000);
      assert.deepEqual(answers.at(-1), { ...expected, final: true });
      assert.deepEqual(await stream([], {}), [401, []]);
      assert.deepEqual(await stream([], { Authorization: 'Bearer nonsense' }), [401, []]);
      const other = (await command('keys', 'create', 'other', '--model', 'another')) as { key: string };
      assert.deepEqual(await stream([], { Authorization: `Bearer ${other.key}` }), [403, []]);
      const plain = await fetch(`${url}/api/models/dictation/stream`, {
        headers: { Authorization: `Bearer ${caller}` },
      });
      assert.equal(plain.status, 426);
    });

    it('lets a stream go on with the version it began with', async () => {
      const socket = new WebSocket(`${url.replace('http', 'ws')}/api/models/dictation/stream`, {
        headers: { Authorization: `Bearer ${key}` },
      });
      await once(socket, 'open');
      await command('models', 'push', out, 'dictation', '--tag', 'again');
      await command('deploy', 'dictation@2', '--replicas', '1');
      const last = new Promise<unknown>((resolve) => {
        socket.on('message', (data) => resolve(JSON.parse(String(data))));
      });
      socket.send('end');
      assert.deepEqual(await last, { text: '', words: [], seconds: 0, final: true });
      await once(socket, 'close');
    });

    it('keeps pages of other sites from using the cookie of somebody who is signed in', async () => {
      const { password } = (await command('users', 'create', 'li', '--generate')) as { password: string };
      const signedIn = await fetch(`${url}/api/sessions`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ name: 'li', password }),
      });
      assert.equal(signedIn.status, 201);
      const Cookie = signedIn.headers.get('Set-Cookie')!.split(';')[0]!;
      const [code] = await stream([...pieces, 'end'], { Cookie, Origin: url });
      assert.equal(code, 1000);
      assert.deepEqual(await stream([], { Cookie, Origin: 'http://127.0.0.1:9' }), [403, []]);
    });
  });
});
