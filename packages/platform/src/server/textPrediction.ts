import type { Context } from 'hono';
import type { RunnableModel } from 'modelwright/saved';
import { readTextPreprocessing, textInput } from 'modelwright/tasks';
import { ServiceError } from './errors.js';
import type { RequestPredictor } from './predictor.js';
import { badRequest } from './tensorJson.js';

/** Reads texts for a classifier: a body of text, or JSON `{"text": "..."}`. */
export async function openTextPredictor(_model: RunnableModel, directory: string): Promise<RequestPredictor> {
  const preprocessing = await readTextPreprocessing(directory);
  return {
    async read(c) {
      const text = await requestText(c);
      if (text.trim() === '') throw badRequest('The text is empty: there is nothing to classify.');
      const { inputs, truncated } = textInput(preprocessing, [text]);
      return { inputs, ...(truncated > 0 && { remarks: { truncated: true } }) };
    },
  };
}

async function requestText(c: Context): Promise<string> {
  const type = (c.req.header('Content-Type') ?? 'text/plain').split(';')[0]!.trim().toLowerCase();
  if (type !== 'text/plain' && type !== 'application/json') {
    throw new ServiceError(
      415,
      `A text is expected, not ${type}. Send {"text": "..."} with Content-Type: application/json, or the text itself as text/plain.`,
    );
  }
  let body: string;
  try {
    body = new TextDecoder('utf-8', { fatal: true }).decode(await c.req.arrayBuffer());
  } catch (error) {
    if (error instanceof TypeError) throw badRequest('The body is not UTF-8.');
    throw error;
  }
  if (type === 'text/plain') return body;
  const text = jsonOf(body)?.text;
  if (typeof text !== 'string') throw badRequest('Expected JSON such as {"text": "..."}.');
  return text;
}

function jsonOf(body: string): { readonly text?: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
