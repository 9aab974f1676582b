import { Hono, type MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { routePath } from 'hono/route';
import { noteRequest } from '../watching/index.js';
import { requireAddress } from './address.js';
import { ServiceError, toServiceError } from './errors.js';
import { addInferenceProtocol } from './inferenceProtocol.js';
import { fixedModels, type SourceOf } from './modelSource.js';
import { openAiFault } from './openai/faults.js';
import { addOpenAi } from './openai/index.js';
import { addPage } from './page.js';
import { addPrediction } from './prediction.js';
import { addRepository } from './repository.js';
import type { ModelApp, ServerContext } from './routes.js';
import type { ServedModel } from './servedModel.js';

export interface ModelAppOptions {
  /** The most bytes of a request's body. Default: 10 MiB. */
  readonly maxBodyBytes?: number | undefined;
  /** The most milliseconds that a request may take. Default: 30,000. */
  readonly timeout?: number | undefined;
  /** Whether new requests are welcome. Default: always. */
  readonly isReady?: (() => boolean) | undefined;
  /** Told of faults of the server's own. Default: written to standard error. */
  readonly onError?: ((error: Error) => void) | undefined;
}

export interface AppOptions extends ModelAppOptions {
  /** The models to serve, at least one; the first answers `POST /predict`. */
  readonly models: readonly ServedModel[];
}

/**
 * The model server as a function from request to response: `createApp({ models }).fetch(request)`. It has the Open Inference
 * Protocol V2, OpenAI's API, prediction on what people have, and a page to try a model on.
 * @throws Error when there is no model, or two of one name
 */
export function createApp({ models, ...options }: AppOptions): ModelApp {
  const source = fixedModels(models);
  const app = createModelApp(() => source, options);
  addPage(app, models);
  return app;
}

/** What routes need to know, with the defaults of what is left out. */
export function serverContext(options: ModelAppOptions): ServerContext & { readonly maxBodyBytes: number } {
  const {
    maxBodyBytes = 10 * 2 ** 20,
    timeout = 30_000,
    isReady = () => true,
    onError = console.error,
  } = options;
  return {
    maxBodyBytes,
    timeout,
    isReady,
    faultOf(error, client) {
      const fault = toServiceError(error, client);
      if (fault !== error && fault.status >= 500) onError(error);
      return fault;
    },
  };
}

/** Addresses that tell nothing of models, and need to know nobody. */
const open = /^\/v2(\/health\/(live|ready))?$/;

/** Answers for models, wherever they are found. */
export function createModelApp(sourceOf: SourceOf, options: ModelAppOptions): ModelApp {
  const { maxBodyBytes, ...server } = serverContext(options);
  const { isReady, faultOf } = server;
  const app: ModelApp = new Hono();
  app.use(async (c, next) => {
    await next();
    noteRequest({ route: routePath(c, -1) });
    c.header('X-Content-Type-Options', 'nosniff');
    if (!isReady()) c.header('Connection', 'close');
  });
  app.use(async (c, next) => {
    if (open.test(c.req.path)) return next();
    const models = await sourceOf(c.req.raw);
    c.set('models', models);
    await next();
    if (!c.get('isKept')) models.done?.();
  });
  app.use(async (c, next) => {
    requireAddress(c.req.url);
    await next();
  });
  app.use(limitBody(maxBodyBytes));
  addInferenceProtocol(app, server);
  addRepository(app);
  addPrediction(app, server);
  addOpenAi(app, server);
  app.notFound((c) => c.json(faultBody(c.req.path, nothingAt(c.req.path)), 404));
  app.onError((error, c) => {
    const fault = faultOf(error, c.req.raw.signal);
    return c.json(faultBody(c.req.path, fault), fault.status, fault.headers);
  });
  return app;
}

const nothingAt = (path: string): ServiceError => new ServiceError(404, `There is nothing at ${path}.`);

/** What is answered to a fault, as the clients of an address expect it. */
function faultBody(path: string, fault: ServiceError): object {
  return path.startsWith('/v1/') ? openAiFault(fault) : { error: fault.message };
}

/** Refuses bodies that are too large. Most say how large they are, and need not be read for it. */
function limitBody(maxSize: number): MiddlewareHandler {
  const onError = (): never => {
    throw new ServiceError(413, `The body is larger than the ${maxSize} bytes that are taken.`);
  };
  const counted = bodyLimit({ maxSize, onError });
  return async (c, next) => {
    const length = c.req.header('Content-Length');
    const isKnown = length !== undefined && c.req.header('Transfer-Encoding') === undefined;
    if (!isKnown && c.req.method !== 'GET') return counted(c, next);
    if (Number(length ?? 0) > maxSize) onError();
    await next();
  };
}
