// OpenAI's own client against the server, as anybody would use it.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { trainTextClassifier, trainTranslator } from 'modelwright/tasks';
import OpenAI from 'openai';
import { saveBrightnessModel, saveCountingModel, saveDirections } from '../../testing.js';
import { type RunningServer, serve } from '../serve.js';
import { serveModel } from '../servedModel.js';

let folder = '';
let server: RunningServer;
let client: OpenAI;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'modelwright-openai-'));
  await saveCountingModel(join(folder, 'counting'));
  await saveDirections(join(folder, 'words'));
  await saveBrightnessModel(join(folder, 'brightness'));
  await trainTextClassifier({ data: 'reviews', out: join(folder, 'reviews'), model: 'naive-bayes' });
  await trainTranslator({
    ...{ data: 'dates', out: join(folder, 'dates'), layers: 1, heads: 2, width: 32, hidden: 64, epochs: 1 },
  });
  const names = ['counting', 'words', 'brightness', 'reviews', 'dates'];
  const models = await Promise.all(names.map((name) => serveModel(join(folder, name), { replicas: 1 })));
  server = await serve({ models, port: 0, onError: () => {} });
  client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'none', maxRetries: 0 });
});
after(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

describe('models', () => {
  it('are listed and told of one by one', async () => {
    const { data } = await client.models.list();
    assert.deepEqual(
      data.map(({ id }) => id),
      ['counting', 'words', 'brightness', 'reviews', 'dates'],
    );
    const { created, ...model } = await client.models.retrieve('words');
    assert.deepEqual(model, { id: 'words', object: 'model', owned_by: 'modelwright' });
    assert.ok(Math.abs(created - Date.now() / 1000) < 600);
    await assert.rejects(client.models.retrieve('nothing'), (error) => {
      assert.ok(error instanceof OpenAI.NotFoundError);
      assert.equal(error.code, 'model_not_found');
      assert.match(error.message, /There is no model 'nothing'. Models: counting, words/);
      return true;
    });
  });
});

describe('embeddings', () => {
  it('are the means of the vectors of the words, in both encodings', async () => {
    // East is (1, 0) and north (0, 1); the word in between is not known and counts for nothing but a token.
    for (const encoding_format of ['float', 'base64', undefined] as const) {
      const { data, model, usage } = await client.embeddings.create({
        model: 'words',
        input: ['East by north', 'west'],
        ...(encoding_format && { encoding_format }),
      });
      const vectors = data.map(({ embedding }) =>
        typeof embedding === 'string'
          ? [...new Float32Array(new Uint8Array(Buffer.from(embedding, 'base64')).buffer)]
          : embedding,
      );
      assert.deepEqual(vectors, [
        [0.5, 0.5],
        [Math.fround(-0.8), Math.fround(0.6)],
      ]);
      assert.equal(model, 'words');
      assert.deepEqual(usage, { prompt_tokens: 4, total_tokens: 4 });
    }
  });

  it('are refused for what the model does not give', async () => {
    const ask = (model: string, more: object = {}) =>
      client.embeddings.create({ model, input: 'north', ...more });
    await assert.rejects(ask('words', { dimensions: 3 }), /gives 2 dimensions, not 3/);
    await assert.rejects(
      ask('words', { input: [] }),
      /'input' should be a text or a list of 1 to 2048 texts/,
    );
    await assert.rejects(ask('words', { input: 'sideways' }), /knows no word of "sideways"/);
    await assert.rejects(ask('brightness'), (error) => {
      assert.ok(error instanceof OpenAI.BadRequestError);
      assert.equal(error.param, 'model');
      assert.equal(error.type, 'invalid_request_error');
      assert.match(error.message, /for image-classification, which does not give embeddings/);
      return true;
    });
  });
});

describe('completions', () => {
  const settings = { model: 'counting', temperature: 0 } as const;

  it('go on with texts, and count tokens', async () => {
    const { choices, usage, object } = await client.completions.create({
      ...{ ...settings, prompt: ['0123', '89\n01'], n: 2, max_tokens: 4, echo: true },
    });
    assert.equal(object, 'text_completion');
    assert.deepEqual(
      choices.map(({ text, index, finish_reason }) => [index, text, finish_reason]),
      ['01234567', '01234567', '89\n012345', '89\n012345'].map((text, i) => [i, text, 'length']),
    );
    assert.deepEqual(usage, { prompt_tokens: 9, completion_tokens: 16, total_tokens: 25 });
  });

  it('end at any of the stop texts, and after sixteen tokens', async () => {
    const complete = async (more: object) =>
      (await client.completions.create({ ...settings, prompt: '01', ...more })).choices[0]!;
    const stopped = await complete({ stop: ['x', '56', '7'] });
    assert.deepEqual([stopped.text, stopped.finish_reason], ['234', 'stop']);
    assert.equal((await complete({})).text.length, 16);
  });

  it('arrive in pieces, with usage at the end where it is asked for', async () => {
    const stream = await client.completions.create({
      ...{ ...settings, prompt: '0', max_tokens: 5, n: 2, stream: true as const },
      stream_options: { include_usage: true },
    });
    const texts = ['', ''];
    const reasons: (string | null)[] = [];
    let usage: unknown;
    for await (const event of stream) {
      for (const { index, text, finish_reason } of event.choices) {
        texts[index] += text;
        if (finish_reason) reasons.push(finish_reason);
      }
      if (event.choices.length === 0) usage = event.usage;
    }
    assert.deepEqual(texts, ['12345', '12345']);
    assert.deepEqual(reasons, ['length', 'length']);
    assert.deepEqual(usage, { prompt_tokens: 1, completion_tokens: 10, total_tokens: 11 });
  });

  it('are equal for equal seeds, and refused where a setting would not be heeded', async () => {
    const random = { model: 'counting', prompt: '0', temperature: 2, max_tokens: 30 };
    const write = async (seed?: number) =>
      (await client.completions.create({ ...random, ...(seed !== undefined && { seed }) })).choices[0]!.text;
    assert.equal(await write(7), await write(7));
    assert.notEqual(await write(), await write());
    await assert.rejects(client.completions.create({ ...random, logprobs: 2 }), (error) => {
      assert.ok(error instanceof OpenAI.BadRequestError);
      assert.deepEqual([error.param, error.code], ['logprobs', 'unsupported_parameter']);
      return true;
    });
    await assert.rejects(client.completions.create({ ...random, temperature: 3 }), /number from 0 to 2/);
    await assert.rejects(client.completions.create({ ...random, prompt: 'a' }), /does not know "a"/);
  });
});

describe('chat', () => {
  it('goes on with what was said', async () => {
    const { choices, usage, object } = await client.chat.completions.create({
      ...{ model: 'counting', temperature: 0, max_completion_tokens: 3 },
      messages: [
        { role: 'system', content: '01234' },
        { role: 'user', content: [{ type: 'text', text: '56789' }] },
        { role: 'user', content: '012' },
      ],
    });
    assert.equal(object, 'chat.completion');
    assert.deepEqual(choices[0]!.message, { role: 'assistant', content: '345', refusal: null });
    assert.equal(choices[0]!.finish_reason, 'length');
    assert.deepEqual(usage, { prompt_tokens: 15, completion_tokens: 3, total_tokens: 18 });
  });

  it('arrives in pieces', async () => {
    const stream = client.chat.completions.stream({
      ...{ model: 'counting', temperature: 0, stop: '8', stream_options: { include_usage: true } },
      messages: [{ role: 'user', content: '34' }],
    });
    const pieces: string[] = [];
    stream.on('content', (piece) => pieces.push(piece));
    const { choices, usage } = await stream.finalChatCompletion();
    assert.deepEqual(pieces, ['5', '6', '7']);
    assert.deepEqual([choices[0]!.message.content, choices[0]!.finish_reason], ['567', 'stop']);
    assert.deepEqual(usage, { prompt_tokens: 2, completion_tokens: 4, total_tokens: 6 });
  });

  it('translates the last message of the user', async () => {
    const messages = [
      { role: 'user' as const, content: 'to be left alone' },
      { role: 'assistant' as const, content: '' },
      { role: 'user' as const, content: 'May 4, 2019' },
    ];
    const whole = await client.chat.completions.create({ model: 'dates', messages });
    const answer = await fetch(`${server.url}/models/dates/predict`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ text: 'May 4, 2019' }),
    });
    const { translation } = (await answer.json()) as { translation: string };
    assert.equal(whole.choices[0]!.message.content, translation);
    await assert.rejects(
      client.chat.completions.create({ model: 'dates', messages: [{ role: 'system', content: 'x' }] }),
      /no message of the role 'user'/,
    );
  });

  it('tells what is wrong before a stream begins', async () => {
    const ask = (more: object) =>
      client.chat.completions.create({
        ...{ model: 'counting', messages: [{ role: 'user', content: 'x' }], stream: true, ...more },
      });
    await assert.rejects(ask({}), /does not know "x"/);
    await assert.rejects(ask({ messages: [] }), /'messages' should be a list of messages/);
    await assert.rejects(
      ask({ messages: [{ role: 'user', content: [{ type: 'image_url' }] }] }),
      /'messages' should/,
    );
    await assert.rejects(ask({ tools: [{ type: 'function' }] }), /'tools' is not supported/);
    await assert.rejects(ask({ model: 'words' }), /for word-embeddings, which does not chat/);
  });
});

describe('moderations', () => {
  it('have a category for each class', async () => {
    const input = ['A wonderful film, I loved it.', 'Dull and far too long.'];
    const { results, model } = await client.moderations.create({ model: 'reviews', input });
    assert.equal(model, 'reviews');
    for (const [i, { categories, category_scores, flagged }] of results.entries()) {
      const response = await fetch(`${server.url}/models/reviews/predict`, {
        method: 'POST',
        body: input[i]!,
      });
      const { predictions } = (await response.json()) as {
        predictions: { label: string; probability: number }[];
      };
      const scores = new Map<string, number>(Object.entries(category_scores));
      for (const { label, probability } of predictions)
        assert.ok(Math.abs(scores.get(label)! - probability) < 1e-6);
      const likeliest = Object.entries(categories).filter(([, is]) => is);
      assert.deepEqual(likeliest, [[predictions[0]!.label, true]]);
      assert.equal(flagged, true);
    }
  });
});

describe('faults', () => {
  const ask = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(server.url + path, init);
    return [response.status, ((await response.json()) as { error: Record<string, unknown> }).error] as const;
  };
  it('have the form that clients read', async () => {
    const [nothing, there] = await ask('/v1/nothing');
    assert.equal(nothing, 404);
    assert.deepEqual(there, {
      message: 'There is nothing at /v1/nothing.',
      type: 'invalid_request_error',
      param: null,
      code: null,
    });
    const cases: [RequestInit, number, RegExp][] = [
      [{ method: 'POST', body: '{', headers: { 'Content-Type': 'application/json' } }, 400, /not JSON/],
      [{ method: 'POST', body: '[]', headers: { 'Content-Type': 'application/json' } }, 400, /an object/],
      [{ method: 'POST', body: 'x', headers: { 'Content-Type': 'text/plain' } }, 415, /JSON is expected/],
      [{ method: 'POST', body: '{}', headers: { 'Content-Type': 'application/json' } }, 400, /name a model/],
      [{}, 405, /use POST/],
    ];
    for (const [init, expected, message] of cases) {
      const [status, error] = await ask('/v1/embeddings', init);
      assert.match(String(error.message), message);
      assert.equal(status, expected);
    }
  });
});
