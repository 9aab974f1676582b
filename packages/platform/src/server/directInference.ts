import type { IncomingMessage, ServerResponse } from 'node:http';
import { idHeader, type RequestHead, type Watch, withinRequest } from '../watching/index.js';
import type { ServiceError } from './errors.js';
import { answerInference, headerLength, type InferenceAnswer } from './inferenceCall.js';
import type { ModelSource, SourceOf } from './modelSource.js';
import { timedOut } from './routes.js';

export interface DirectInferenceOptions {
  readonly maxBodyBytes: number;
  /** The most milliseconds that a request may take. */
  readonly timeout: number;
  readonly isReady: () => boolean;
  /** What to answer to an error; faults of the server's own are logged. */
  readonly faultOf: (error: Error, client: { readonly aborted: boolean }) => ServiceError;
  /** Watches the requests. Default: nobody does. */
  readonly watch?: Watch | undefined;
}

/** Answers a request straight from Node's messages, and says whether it does. */
export type DirectAnswer = (incoming: IncomingMessage, outgoing: ServerResponse) => boolean;

const path = /^\/v2\/models\/([\w.-]+)(?:\/versions\/([\w.-]+))?\/infer$/;

/**
 * Answers requests for inference as the app does, without a Request, a Response and a router between: a third of the work on small
 * tensors. What it does not take is the app's, such as bodies that do not say how long they are.
 */
export function directInference(
  sourceOf: SourceOf,
  { maxBodyBytes, timeout, isReady, faultOf, watch }: DirectInferenceOptions,
): DirectAnswer {
  return (incoming, outgoing) => {
    const { method, url, headers } = incoming;
    const asked = method === 'POST' ? path.exec(url ?? '') : null;
    const size = Number(headers['content-length'] ?? Number.NaN);
    if (!asked || !(size <= maxBodyBytes) || headers['transfer-encoding'] !== undefined) return false;
    const head = headOf(incoming);
    if (!URL.canParse(head.url)) return false;
    const [, name, version] = asked;
    const watched = watch?.(head);
    if (watched) watched.notes.route = version === undefined ? routes.model : routes.version;
    const within = <Result>(work: () => Result): Result =>
      watched ? withinRequest(watched.notes, work) : work();
    const gone = new AbortController();
    const { signal } = gone;
    const timer = setTimeout(() => {
      gone.abort(timedOut(timeout));
      fail(signal.reason);
    }, timeout);
    outgoing.on('close', () => {
      clearTimeout(timer);
      if (outgoing.writableFinished) return;
      gone.abort();
      fail(signal.reason);
    });
    const end = ({ headers, body }: InferenceAnswer, status = 200): void => {
      clearTimeout(timer);
      if (!outgoing.headersSent && !outgoing.destroyed) send(headers, body, status);
      watched?.over(status);
    };
    const send = (
      headers: InferenceAnswer['headers'],
      body: InferenceAnswer['body'],
      status: number,
    ): void => {
      headers['Content-Length'] = String(Buffer.byteLength(body));
      headers['X-Content-Type-Options'] = 'nosniff';
      if (watched) headers[idHeader] = watched.notes.id;
      if (!isReady()) headers.Connection = 'close';
      outgoing.writeHead(status, headers);
      outgoing.end(body);
    };
    const fail = (error: Error): void => {
      const fault = faultOf(error, { aborted: incoming.destroyed && !incoming.complete });
      const told = { 'Content-Type': 'application/json', ...fault.headers };
      end({ headers: told, body: JSON.stringify({ error: fault.message }) }, fault.status);
    };
    const answer = async (models: ModelSource): Promise<InferenceAnswer> => {
      const body = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
      try {
        const model = await models.find(name!, version);
        return await answerInference(model, {
          body,
          jsonLength: head.headers.get(headerLength) ?? undefined,
          signal,
        });
      } finally {
        models.done?.();
      }
    };
    const source = within(async () => sourceOf(head));
    source.catch(fail);
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('error', fail);
    incoming.on('end', () => within(() => source.then(answer).then(end, fail)));
    return true;
  };
}

/** The routes of the app that are answered here. */
const routes = {
  model: '/v2/models/:model/infer',
  version: '/v2/models/:model/versions/:version/infer',
} as const;

/** What is read of a message before its body. */
function headOf({ method = '', url = '', headers }: IncomingMessage): RequestHead {
  return {
    method,
    url: `http://${headers.host ?? 'localhost'}${url}`,
    headers: {
      get(name) {
        const value = headers[name.toLowerCase()];
        return Array.isArray(value) ? value.join(', ') : (value ?? null);
      },
    },
  };
}
