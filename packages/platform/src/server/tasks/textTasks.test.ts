import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { saveCountingModel, saveDirections, saveTripsModel } from '../../testing.js';
import { createApp } from '../app.js';
import type { ModelApp } from '../routes.js';
import { serve } from '../serve.js';
import { type ServedModel, serveModel } from '../servedModel.js';

let folder = '';
let app: ModelApp;
let models: ServedModel[] = [];

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'modelwright-text-tasks-'));
  await saveCountingModel(join(folder, 'counting'));
  await saveTripsModel(join(folder, 'trips'));
  await saveTripsModel(join(folder, 'trips-zh'), 'trips-zh');
  await saveDirections(join(folder, 'words'));
  models = await Promise.all(
    ['counting', 'trips', 'trips-zh', 'words'].map((name) => serveModel(join(folder, name), { replicas: 1 })),
  );
  app = createApp({ models });
});
after(async () => {
  for (const model of models) await model.release();
  await rm(folder, { recursive: true });
});

type Json = Record<string, unknown>;

const post = (body: unknown, type = 'application/json'): RequestInit => ({
  method: 'POST',
  body:
    body instanceof Uint8Array ? Buffer.from(body) : typeof body === 'string' ? body : JSON.stringify(body),
  headers: { 'Content-Type': type },
});

/** Asks a model; gives the status and what it answers beyond who answered and how fast. */
async function ask(asked: string, body: unknown, type?: string, to = app): Promise<[number, Json]> {
  const [model, query = ''] = asked.split('?');
  const response = await to.request(`/models/${model}/predict?${query}`, post(body, type));
  const { model: name, version, milliseconds, ...answer } = (await response.json()) as Json;
  if (response.status === 200) {
    assert.deepEqual([name, version], [model, '1']);
    assert.equal(typeof milliseconds, 'number');
  }
  return [response.status, answer];
}

/** The events in the text of a stream. */
const eventsIn = (text: string): Json[] =>
  text
    .split('\n\n')
    .filter((event) => event !== '')
    .map((event) => JSON.parse(event.replace(/^data: /, '')) as Json);

const textIn = (events: readonly Json[]): string => events.map(({ piece = '' }) => piece).join('');

/** Checks that bad bodies are answered with what is wrong. */
function refuses(model: string, failures: readonly [unknown, number, RegExp, string?][]): void {
  for (const [body, status, message, type] of failures) {
    const shown = body instanceof Uint8Array ? 'bytes' : JSON.stringify(body);
    it(`answers ${status} to ${shown} as ${type ?? 'JSON'}`, async () => {
      const [given, { error }] = await ask(model, body, type);
      assert.match(String(error), message);
      assert.equal(given, status);
    });
  }
}

describe('token classification over HTTP', () => {
  it('finds the entities of a text, and where they stand', async () => {
    const text = '  two tickets for Friday, Rome to New York';
    for (const [body, type] of [
      [{ text }, 'application/json; charset=utf-8'],
      [text, 'text/plain'],
    ] as const) {
      const [status, { entities }] = await ask('trips', body, type);
      assert.equal(status, 200);
      const found = entities as { type: string; text: string; start: number; end: number }[];
      for (const { text: own, start, end } of found) assert.equal(text.slice(start, end), own);
      assert.deepEqual(
        found.map(({ type: of, text: own }) => [of, own]),
        [
          ['DAY', 'Friday'],
          ['FROM', 'Rome'],
          ['TO', 'New York'],
        ],
      );
    }
  });

  it('finds entities among characters, with what it knows of their words and pairs', async () => {
    const [status, answer] = await ask('trips-zh', { text: '两张票，明天，南京到西安' });
    assert.equal(status, 200);
    assert.deepEqual(answer, {
      entities: [
        { type: 'DAY', text: '明天', start: 4, end: 6 },
        { type: 'FROM', text: '南京', start: 7, end: 9 },
        { type: 'TO', text: '西安', start: 10, end: 12 },
      ],
    });
  });

  it('tags tokens that are given as such', async () => {
    const [status, answer] = await ask('trips', { tokens: ['from', 'New', 'York', 'to', 'Rome'] });
    assert.equal(status, 200);
    assert.deepEqual(answer, {
      tags: ['O', 'B-FROM', 'I-FROM', 'O', 'B-TO'],
      entities: [
        { type: 'FROM', start: 1, end: 3 },
        { type: 'TO', start: 4, end: 5 },
      ],
    });
  });

  refuses('trips', [
    ['{', 400, /not JSON/],
    [[], 400, /should be an object/],
    [{}, 400, /text should be a text, but it is missing\. Expected JSON such as \{"text"/],
    [{ text: 7 }, 400, /text should be a text, but it is 7/],
    [{ txt: 'x' }, 400, /no field "txt"; there is text, tokens/],
    [{ text: 'x', tokens: ['x'] }, 400, /text or tokens, not both/],
    [{ tokens: 'x' }, 400, /tokens should be a list of texts/],
    [{ tokens: [1] }, 400, /tokens should be a list of texts/],
    [{ text: ' ' }, 400, /The text is empty/],
    [{ text: 'to '.repeat(21) }, 400, /has 21 tokens, but the model takes 20/],
    ['x', 415, /not image\/png/, 'image/png'],
    [Uint8Array.of(0xff), 400, /not UTF-8/, 'text/plain'],
    [Uint8Array.of(0xff), 400, /not UTF-8/],
  ]);
});

describe('word embeddings over HTTP', () => {
  it('gives the nearest words, and answers analogies', async () => {
    const near = (body: unknown, type?: string) => ask('words?top=2', body, type);
    for (const [status, { neighbours }] of [
      await near({ word: 'east' }),
      await near('east\n', 'text/plain'),
    ]) {
      assert.equal(status, 200);
      const [first, second] = neighbours as { word: string; similarity: number }[];
      assert.deepEqual([first!.word, second!.word], ['northeast', 'north']);
      assert.ok(Math.abs(first!.similarity - 0.6) < 1e-6);
    }
    // north - east + northeast = (-0.4, 1.8), which west, (-0.8, 0.6), is nearest to.
    const [, { neighbours }] = await near({ analogy: ['east', 'north', 'northeast'] });
    assert.deepEqual(
      (neighbours as { word: string }[]).map(({ word }) => word),
      ['west'],
    );
  });

  refuses('words', [
    [{ word: 'nort' }, 400, /'nort' is not in the vocabulary\. Did you mean north/],
    [{ analogy: ['east', 'north'] }, 400, /three words .* here there are 2/],
    [{ analogy: ['a'], word: 'b' }, 400, /word or analogy, not both/],
    [{}, 400, /word should be a text/],
  ]);
  refuses('words?top=0', [[{ word: 'north' }, 400, /top should be a whole number/]]);
});

describe('text generation over HTTP', () => {
  const greedy = { prompt: '0123', temperature: 0, maximumLength: 12 };

  it('goes on with a text', async () => {
    assert.deepEqual(await ask('counting', greedy), [
      200,
      { prompt: '0123', generated: '456789\n01234', reason: 'length', tokens: 12 },
    ]);
    const [, stopped] = await ask('counting', { ...greedy, stop: '9\n' });
    assert.deepEqual(stopped, { prompt: '0123', generated: '45678', reason: 'stop', tokens: 7 });
    const [, cut] = await ask('counting', { ...greedy, prompt: '0123456789', truncate: true });
    assert.equal(cut.truncated, true);
    const drawn = { prompt: '0', temperature: 3, maximumLength: 20, seed: 5 };
    const [[, one], [, same], [, other]] = [
      await ask('counting', drawn),
      await ask('counting', drawn),
      await ask('counting', { ...drawn, seed: 6 }),
    ];
    assert.equal(one.generated, same.generated);
    assert.notEqual(one.generated, other.generated);
    assert.equal((await ask('counting', '0123', 'text/plain'))[0], 200);
  });

  it('streams the pieces, and says at the end why it ended', async () => {
    const response = await app.request('/models/counting/predict', post({ ...greedy, stream: true }));
    assert.match(response.headers.get('Content-Type')!, /^text\/event-stream/);
    const events = eventsIn(await response.text());
    assert.equal(events.length, 13);
    assert.equal(textIn(events), '456789\n01234');
    const { milliseconds, ...last } = events.at(-1)!;
    assert.deepEqual(last, { model: 'counting', version: '1', reason: 'length', tokens: 12 });
    assert.equal(typeof milliseconds, 'number');
  });

  it('answers several at once as it answers each alone', async () => {
    const two = await serveModel(join(folder, 'counting'), { name: 'counting', replicas: 2 });
    const both = createApp({ models: [two] });
    const questions = Array.from({ length: 10 }, (_, seed) => ({
      ...{ prompt: String(seed), temperature: 2, maximumLength: 30, seed },
    }));
    const alone: unknown[] = [];
    for (const question of questions) alone.push(await ask('counting', question));
    const together = await Promise.all(
      questions.map((question) => ask('counting', question, undefined, both)),
    );
    assert.deepEqual(together, alone);
    await two.release();
  });

  it('ends when the time is up: with what there is where it streams, else with 504', async () => {
    const hasty = createApp({ models, timeout: 100 });
    const endless = { ...greedy, maximumLength: 100_000 };
    const response = await hasty.request('/models/counting/predict', post({ ...endless, stream: true }));
    const { reason, tokens } = eventsIn(await response.text()).at(-1)!;
    assert.equal(reason, 'timeout');
    assert.ok((tokens as number) > 0);
    const [status, { error }] = await ask('counting', endless, undefined, hasty);
    assert.equal(status, 504);
    assert.match(String(error), /longer than 100 ms/);
    assert.equal((await ask('counting', greedy))[0], 200);
  });

  refuses(
    'counting',
    [{}, { stream: true }].flatMap((how): [unknown, number, RegExp, string?][] => [
      [{ ...how }, 400, /prompt should be a text, but it is missing/],
      [{ ...how, prompt: '' }, 400, /The prompt is empty/],
      [{ ...how, prompt: '0x1' }, 400, /does not know "x"/],
      [{ ...how, prompt: '0123456789' }, 400, /prompt has 10 tokens, but the model looks back on 8/],
      [{ ...how, prompt: '0', temperature: -1 }, 400, /temperature should be a number from 0 to 100/],
      [{ ...how, prompt: '0', temperature: '1' }, 400, /temperature should be a number .* it is "1"/],
      [{ ...how, prompt: '0', maximumLength: 1.5 }, 400, /maximumLength should be a whole number from 1/],
      [{ ...how, prompt: '0', topK: 0 }, 400, /topK should be/],
      [{ ...how, prompt: '0', topP: 2 }, 400, /topP should be/],
      [{ ...how, prompt: '0', repetitionPenalty: 0 }, 400, /repetitionPenalty should be/],
      [{ ...how, prompt: '0', seed: -1 }, 400, /seed should be/],
      [{ ...how, prompt: '0', stop: 1 }, 400, /stop should be a text/],
      [{ ...how, prompt: '0', max_tokens: 1 }, 400, /no field "max_tokens"/],
    ]),
  );
  refuses('counting', [
    [{ prompt: '0', stream: 'yes' }, 400, /stream should be true or false/],
    ['a=b', 415, /not application\/x-www-form-urlencoded/, 'application/x-www-form-urlencoded'],
  ]);

  it('streams over a socket, and ends the work of a client that leaves', async () => {
    const model = await serveModel(join(folder, 'counting'), { name: 'counting', replicas: 1 });
    const server = await serve({ models: [model], port: 0 });
    const { hostname, port } = new URL(server.url);
    const body = JSON.stringify({ ...greedy, maximumLength: 100_000, stream: true });
    const socket = connect(Number(port), hostname);
    socket.write(
      `POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    const chunk = await new Promise<string>((resolve) =>
      socket.on('data', (bytes) => String(bytes).includes('data: ') && resolve(String(bytes))),
    );
    assert.match(chunk, /data: \{"piece":"/);
    socket.destroy();
    const response = await fetch(`${server.url}/predict`, post({ ...greedy, stream: true }));
    assert.equal(textIn(eventsIn(await response.text())), '456789\n01234');
    await server.close();
  });
});
