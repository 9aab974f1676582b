import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { routePath } from 'hono/route';
import { noteRequest } from '../watching/index.js';
import { ServiceError, toServiceError } from './errors.js';
import { addInferenceProtocol } from './inferenceProtocol.js';
import { addPage } from './page.js';
import { addPrediction } from './prediction.js';
import type { ServerContext } from './routes.js';
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
 * Protocol V2, prediction on pictures and texts, and a page to try a model on.
 * @throws Error when there is no model, or two of one name
 */
export function createApp({ models, ...options }: AppOptions): Hono {
  return createModelApp(byName(models), options, addPage);
}

/**
 * Answers for models by name; the map may change while it does.
 * @param more adds what else there is at other addresses
 */
export function createModelApp(
  models: ReadonlyMap<string, ServedModel>,
  options: ModelAppOptions,
  more?: (app: Hono, server: ServerContext) => void,
): Hono {
  const {
    maxBodyBytes = 10 * 2 ** 20,
    timeout = 30_000,
    isReady = () => true,
    onError = console.error,
  } = options;
  const faultOf = (error: Error, client: AbortSignal): ServiceError => {
    const fault = toServiceError(error, client);
    if (fault.status === 500) onError(error);
    return fault;
  };
  const server: ServerContext = { models, isReady, timeout, faultOf };
  const app = new Hono();
  app.use(async (c, next) => {
    await next();
    noteRequest({ route: routePath(c, -1) });
    c.header('X-Content-Type-Options', 'nosniff');
    if (!isReady()) c.header('Connection', 'close');
  });
  app.use(
    bodyLimit({
      maxSize: maxBodyBytes,
      onError: () => {
        throw new ServiceError(413, `The body is larger than the ${maxBodyBytes} bytes that are taken.`);
      },
    }),
  );
  addInferenceProtocol(app, server);
  addPrediction(app, server);
  more?.(app, server);
  app.notFound((c) => c.json({ error: `There is nothing at ${c.req.path}.` }, 404));
  app.onError((error, c) => {
    const fault = faultOf(error, c.req.raw.signal);
    return c.json({ error: fault.message }, fault.status, fault.headers);
  });
  return app;
}

function byName(models: readonly ServedModel[]): Map<string, ServedModel> {
  if (models.length === 0) throw new Error('There is no model to serve.');
  const named = new Map<string, ServedModel>();
  for (const model of models) {
    if (named.has(model.name))
      throw new Error(`Two models are called '${model.name}': give one another name.`);
    named.set(model.name, model);
  }
  return named;
}
