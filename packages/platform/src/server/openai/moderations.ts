import { randomUUID } from 'node:crypto';
import type { Prediction } from 'modelwright/tasks';
import { type ModelApp, route, type ServerContext, withDeadline } from '../routes.js';
import { ability, modelFor } from './asking.js';
import { Body } from './body.js';

/** The most texts of a request. */
const mostTexts = 256;

/** Names of classes that nothing is wrong with. */
const harmless = new Set([
  'safe',
  'ok',
  'okay',
  'ham',
  'clean',
  'neutral',
  'none',
  'normal',
  'harmless',
  'acceptable',
]);

/** `POST /v1/moderations`: texts with the likelihood of each class as a category. */
export function addModerations(app: ModelApp, server: ServerContext): void {
  route(app, 'POST', '/v1/moderations', async (c) => {
    const body = await Body.read(c);
    const model = await modelFor(c, body.get('model'), 'classify');
    const texts = textsOf(body);
    const send = (): void => undefined;
    const classes = await withDeadline(server, c.req.raw, (signal) =>
      model.use((can) => ability(can, 'classify')(texts), { signal, send }),
    );
    return c.json({ id: `modr-${randomUUID()}`, model: model.name, results: classes.map(resultOf) });
  });
}

/** Texts, plain or as parts `{"type": "text", "text": "..."}`, which are taken as one text. */
function textsOf(body: Body): string[] {
  const value = body.get('input');
  if (!Array.isArray(value) || !value.some((part) => typeof part === 'object'))
    return body.texts('input', mostTexts);
  return [textOfParts(value, () => body.wrong('input', 'texts, or parts of the type text'))];
}

/** The text of parts as OpenAI's API has them. @throws what `wrong` gives where one is no text */
export function textOfParts(parts: readonly unknown[], wrong: () => Error): string {
  return parts
    .map((part) => {
      if (typeof part === 'object' && part !== null && 'text' in part && typeof part.text === 'string')
        return part.text;
      throw wrong();
    })
    .join('');
}

/** A text is flagged where its likeliest class is one that something is wrong with. */
function resultOf(classes: readonly Prediction[]) {
  const [likeliest] = classes;
  const byLabel = <Value>(value: (prediction: Prediction) => Value) =>
    Object.fromEntries(classes.map((each) => [each.label, value(each)]));
  return {
    flagged: !harmless.has(likeliest!.label.toLowerCase()),
    categories: byLabel((each) => each === likeliest),
    category_scores: byLabel(({ probability }) => probability),
  };
}
