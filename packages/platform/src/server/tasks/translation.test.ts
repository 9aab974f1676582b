import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { openTranslator, trainTranslator } from 'modelwright/tasks';
import { createApp } from '../app.js';
import type { ModelApp } from '../routes.js';
import { type ServedModel, serveModel } from '../servedModel.js';

describe('translation over HTTP', () => {
  let folder = '';
  let out = '';
  let model: ServedModel;
  let app: ModelApp;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'modelwright-translation-'));
    out = join(folder, 'dates');
    const small = { width: 32, layers: 1, heads: 2, epochs: 4, batchTokens: 1000, maximumLength: 12 };
    await trainTranslator({ ...small, data: 'dates', out, learningRate: 0.01 });
    model = await serveModel(out, { replicas: 1 });
    app = createApp({ models: [model] });
  });
  after(async () => {
    await model.release();
    await rm(folder, { recursive: true });
  });

  const text = 'the 2nd of June';
  const post = (body: unknown, type = 'application/json'): Promise<Response> =>
    Promise.resolve(
      app.request('/predict', {
        method: 'POST',
        body: typeof body === 'string' ? body : JSON.stringify(body),
        headers: { 'Content-Type': type },
      }),
    );

  it('answers with the translation that the library makes', async () => {
    const translator = await openTranslator(out);
    const expected = await translator.translate(text);
    await translator.release();
    for (const [body, type] of [
      [{ text }, 'application/json'],
      [text, 'text/plain'],
    ] as const) {
      const response = await post(body, type);
      assert.equal(response.status, 200);
      const { model: name, translation, tokens } = (await response.json()) as Record<string, unknown>;
      assert.deepEqual([name, translation], ['dates', expected]);
      assert.ok(Number(tokens) > 0);
    }
  });

  it('streams pieces that are the translation together', async () => {
    for (const beams of [1, 3]) {
      const { translation } = (await (await post({ text, beams })).json()) as { translation: string };
      const response = await post({ text, beams, stream: true });
      assert.match(response.headers.get('Content-Type')!, /^text\/event-stream/);
      const events = (await response.text())
        .split('\n\n')
        .filter((event) => event !== '')
        .map((event) => JSON.parse(event.replace(/^data: /, '')) as Record<string, string>);
      assert.equal(events.map(({ piece = '' }) => piece).join(''), translation);
      assert.equal(events.at(-1)!.translation, translation);
    }
  });

  it('says what is wrong with a request', async () => {
    for (const [body, status, message] of [
      [{}, 400, /text should be a text, but it is missing/],
      [{ text: ' ' }, 400, /The text is empty/],
      [{ text: 'twenty '.repeat(20) }, 400, /tokens, but the model takes 12/],
      [{ text, beams: 0 }, 400, /beams should be a number from 1 to 64/],
      [{ text, beam: 2 }, 400, /no field "beam"/],
      ['{', 400, /not JSON/],
    ] as const) {
      const response = await post(body);
      assert.match(((await response.json()) as { error: string }).error, message);
      assert.equal(response.status, status);
    }
    const cut = await post({ text: 'twenty '.repeat(20), truncate: true, maximumLength: 2 });
    const { truncated, reason } = (await cut.json()) as Record<string, unknown>;
    assert.deepEqual([truncated, reason], [true, 'length']);
  });
});
