import type { MiddlewareHandler } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { checkKey, type Principal } from '../access/keys.js';
import { InputError, NotFoundError, StateError } from '../errors.js';
import { ServiceError } from '../server/errors.js';
import type { Store } from '../store/index.js';
import { version } from '../version.js';
import { accessRoutes } from './access.js';
import { type Api, type ApiContext, type ApiEnvironment, newApi } from './context.js';
import { modelRoutes } from './models.js';
import { runRoutes } from './runs.js';

export type { ApiContext } from './context.js';

export interface ApiOptions extends ApiContext {
  /** Who asks where no key is needed: on this machine alone. Default: everybody needs a key. */
  readonly withoutKey?: Principal | undefined;
  /** Told of faults of the server's own. Default: written to standard error. */
  readonly onError?: ((error: Error) => void) | undefined;
}

/**
 * The platform's own resources over HTTP, as a function from request to response. `GET /api/openapi.json` describes all of it.
 */
export function createApi({ withoutKey, onError = console.error, ...context }: ApiOptions): Api {
  const api = newApi();
  api.use('/api/*', async (c, next) => {
    await next();
    c.header('X-Content-Type-Options', 'nosniff');
    c.header('Cache-Control', 'no-store');
  });
  api.openAPIRegistry.registerComponent('securitySchemes', 'key', {
    type: 'http',
    scheme: 'bearer',
    description: 'A key as `modelwright keys create` makes it.',
  });
  api.doc31('/api/openapi.json', {
    openapi: '3.1.0',
    info: { title: 'Modelwright', version, description: 'Runs, models and keys.' },
  });
  api.use('/api/*', authenticated(context.store, withoutKey));
  api.route('/', runRoutes(context));
  api.route('/', modelRoutes(context));
  api.route('/', accessRoutes(context));
  api.notFound((c) => c.json({ error: `There is nothing at ${c.req.method} ${c.req.path}.` }, 404));
  api.onError((error, c) => {
    const fault = toServiceError(error, c.req.raw.signal);
    if (fault.status === 500) onError(error);
    return c.json({ error: fault.message }, fault.status, fault.headers);
  });
  return api;
}

/** Finds out who asks. @throws ServiceError 401 saying what is wrong with the key */
function authenticated({ db }: Store, withoutKey: Principal | undefined): MiddlewareHandler<ApiEnvironment> {
  return async (c, next) => {
    const given = c.req.header('Authorization');
    if (given === undefined && withoutKey) {
      c.set('principal', withoutKey);
      return next();
    }
    const text = /^Bearer (\S+)$/i.exec(given ?? '')?.[1];
    const checked = text ? await checkKey(db, text) : { refused: 'Send a key: Authorization: Bearer mw_...' };
    if ('refused' in checked) throw new ServiceError(401, checked.refused, { 'WWW-Authenticate': 'Bearer' });
    c.set('principal', checked.principal);
    return next();
  };
}

function toServiceError(error: Error, client: AbortSignal): ServiceError {
  if (error instanceof ServiceError) return error;
  if (error instanceof InputError) return new ServiceError(400, error.message);
  if (error instanceof NotFoundError) return new ServiceError(404, error.message);
  if (error instanceof StateError) return new ServiceError(409, error.message);
  if (error instanceof HTTPException) return new ServiceError(error.status, error.message);
  if (client.aborted) return new ServiceError(400, 'The request was cut off.');
  return new ServiceError(500, 'The server failed to answer; its log says why.');
}
