import type { Context, Hono } from 'hono';
import { noteRequest } from '../watching/index.js';
import { ServiceError } from './errors.js';
import type { ModelEnvironment } from './modelSource.js';
import type { ServedModel } from './servedModel.js';

/** The server as a function from request to response. */
export type ModelApp = Hono<ModelEnvironment>;
/** A request to the server. */
export type ModelContext = Context<ModelEnvironment>;

/** What the routes need to know of the server they belong to. */
export interface ServerContext {
  /** Whether new requests are welcome: not so while the server drains. */
  readonly isReady: () => boolean;
  /** The most milliseconds that a request may take. */
  readonly timeout: number;
  /** What to answer to an error; faults of the server's own are logged. */
  readonly faultOf: (error: Error, client: { readonly aborted: boolean }) => ServiceError;
}

/** Adds a route for one method; other methods are answered with 405 and the one that is allowed. */
export function route(
  app: ModelApp,
  method: 'GET' | 'POST',
  path: string,
  handler: (c: ModelContext) => Response | Promise<Response>,
): void {
  app.on(method, path, handler);
  app.all(path, (c) => {
    const allowed = method === 'GET' ? 'GET, HEAD' : method;
    throw new ServiceError(405, `${c.req.method} is not allowed here: use ${method}.`, { Allow: allowed });
  });
}

/** A model to ask. @throws ServiceError as `ModelSource.find` does */
export async function findModel(c: ModelContext, name: string, version?: string): Promise<ServedModel> {
  const model = await c.get('models').find(name, version);
  noteRequest({ model: model.name, version: model.version });
  return model;
}

/** What ends the work on a request. */
export interface RequestLimits {
  /** Aborts when the client goes, or with a ServiceError 504 when the request has taken too long. */
  readonly signal: AbortSignal;
  /** Ends the work, as when the client goes. */
  cancel(): void;
  /** Stops the clock: the request is answered. */
  done(): void;
}

/** A request has taken longer than so many milliseconds. */
export function timedOut(milliseconds: number): ServiceError {
  return new ServiceError(504, `The model took longer than ${milliseconds} ms.`);
}

/** The limits of a request, whose clock begins to run. */
export function limitsOf({ timeout }: ServerContext, request: Request): RequestLimits {
  const controller = new AbortController();
  const timer = setTimeout(() => {
    controller.abort(timedOut(timeout));
  }, timeout);
  const cancel = (): void => controller.abort(request.signal.reason);
  request.signal.addEventListener('abort', cancel, { once: true });
  return {
    signal: controller.signal,
    cancel,
    done() {
      clearTimeout(timer);
      request.signal.removeEventListener('abort', cancel);
    },
  };
}

/**
 * Does work that ends when the client goes or the request has taken too long.
 * @throws ServiceError 504 when it took too long
 */
export async function withDeadline<Result>(
  server: ServerContext,
  request: Request,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const { signal, done } = limitsOf(server, request);
  try {
    return await Promise.race([work(signal), rejected(signal)]);
  } finally {
    done();
  }
}

function rejected(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
