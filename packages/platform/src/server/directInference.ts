import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ServiceError } from './errors.js';
import { answerInference, headerLength, type InferenceAnswer } from './inferenceCall.js';
import type { ModelSource } from './modelSource.js';
import { timedOut } from './routes.js';

export interface DirectInferenceOptions {
  readonly maxBodyBytes: number;
  /** The most milliseconds that a request may take. */
  readonly timeout: number;
  readonly isReady: () => boolean;
  /** What to answer to an error; faults of the server's own are logged. */
  readonly faultOf: (error: Error, client: { readonly aborted: boolean }) => ServiceError;
}

const path = /^\/v2\/models\/([\w.-]+)(?:\/versions\/([\w.-]+))?\/infer$/;

/**
 * Answers requests for inference as the app does, straight from Node's messages: without a Request, a Response and a router between,
 * a third of the work on small tensors.
 * @returns whether it takes a request; what it does not take is the app's, such as bodies that do not say how long they are
 */
export function directInference(
  models: ModelSource,
  { maxBodyBytes, timeout, isReady, faultOf }: DirectInferenceOptions,
): (incoming: IncomingMessage, outgoing: ServerResponse) => boolean {
  return (incoming, outgoing) => {
    const { method, url, headers } = incoming;
    const asked = method === 'POST' ? path.exec(url ?? '') : null;
    const size = Number(headers['content-length'] ?? Number.NaN);
    if (!asked || !(size <= maxBodyBytes) || headers['transfer-encoding'] !== undefined) return false;
    const [, name, version] = asked;
    const gone = new AbortController();
    const { signal } = gone;
    const timer = setTimeout(() => {
      gone.abort(timedOut(timeout));
      fail(signal.reason);
    }, timeout);
    outgoing.on('close', () => {
      clearTimeout(timer);
      if (!outgoing.writableFinished) gone.abort();
    });
    const end = ({ headers, body }: InferenceAnswer, status = 200): void => {
      if (outgoing.headersSent || outgoing.destroyed) return;
      clearTimeout(timer);
      headers['Content-Length'] = String(Buffer.byteLength(body));
      headers['X-Content-Type-Options'] = 'nosniff';
      if (!isReady()) headers.Connection = 'close';
      outgoing.writeHead(status, headers);
      outgoing.end(body);
    };
    const fail = (error: Error): void => {
      const fault = faultOf(error, { aborted: incoming.destroyed && !incoming.complete });
      const told = { 'Content-Type': 'application/json', ...fault.headers };
      end({ headers: told, body: JSON.stringify({ error: fault.message }) }, fault.status);
    };
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('error', fail);
    incoming.on('end', () => {
      const body = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
      const given = headers[headerLength.toLowerCase()];
      const jsonLength = typeof given === 'string' ? given : undefined;
      models
        .find(name!, version)
        .then((model) => answerInference(model, { body, jsonLength, signal }))
        .then(end, fail);
    });
    return true;
  };
}
