import { badRequest } from './errors.js';
import { inferenceResponse, parseInferenceRequest } from './inferenceRequest.js';
import type { ServedModel } from './servedModel.js';

/** Says how long the JSON is that stands before tensors' bytes. */
export const headerLength = 'Inference-Header-Content-Length';

/** What an inference is asked with. */
export interface InferenceCall {
  readonly body: Uint8Array;
  /** The header `Inference-Header-Content-Length`. */
  readonly jsonLength: string | undefined;
  /** Ends the wait for a result. */
  readonly signal: AbortSignal;
}

/** What is answered, with the headers that say what it is. */
export interface InferenceAnswer {
  readonly headers: Record<string, string>;
  readonly body: string | Uint8Array<ArrayBuffer>;
}

/** Answers a request for inference of the Open Inference Protocol V2. @throws ServiceError as its parts do */
export async function answerInference(
  model: ServedModel,
  { body, jsonLength, signal }: InferenceCall,
): Promise<InferenceAnswer> {
  const request = parseInferenceRequest(body, lengthOf(jsonLength), model.config);
  const results = await model.run(request.inputs, signal);
  const { json, binary } = inferenceResponse(model, request, results);
  if (binary.length === 0) return { headers: { 'Content-Type': 'application/json' }, body: json };
  const text = new TextEncoder().encode(json);
  return {
    headers: { 'Content-Type': 'application/octet-stream', [headerLength]: String(text.length) },
    body: new Uint8Array(Buffer.concat([text, ...binary])),
  };
}

function lengthOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text))
    throw badRequest(`${headerLength} should be a number of bytes, but it is '${text}'.`);
  return Number(text);
}
