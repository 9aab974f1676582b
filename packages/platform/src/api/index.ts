import { routePath } from 'hono/route';
import type { Authenticate } from '../access/authenticate.js';
import { requireModel } from '../access/keys.js';
import { toServiceError } from '../server/errors.js';
import { version } from '../version.js';
import { noteRequest } from '../watching/index.js';
import { accessRoutes } from './access.js';
import { attemptInputRoutes } from './attemptInputs.js';
import { attemptRoutes } from './attempts.js';
import { type Api, type ApiContext, newApi } from './context.js';
import { deploymentRoutes } from './deployments.js';
import { driftRoutes } from './drift.js';
import { jobRoutes } from './jobs.js';
import { modelRoutes } from './models.js';
import { runRoutes } from './runs.js';
import { sessionRoutes } from './sessions.js';
import { usageRoutes } from './usage.js';
import { userRoutes } from './users.js';
import { watchingRoutes } from './watching.js';
import { wellFormed } from './wellFormed.js';

export type { ApiContext } from './context.js';

export interface ApiOptions extends ApiContext {
  /** Finds out who asks. */
  readonly authenticate: Authenticate;
  /** Told of faults of the server's own. Default: written to standard error. */
  readonly onError?: ((error: Error) => void) | undefined;
}

/**
 * The platform's own resources over HTTP, as a function from request to response. `GET /api/openapi.json` describes all of it.
 */
export function createApi({ authenticate, onError = console.error, ...context }: ApiOptions): Api {
  const api = newApi();
  api.use('*', async (c, next) => {
    await next();
    noteRequest({ route: routePath(c, -1) });
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
    info: { title: 'Modelwright', version, description: 'Runs, jobs, models, deployments and keys.' },
  });
  for (const path of ['/api/*', '/metrics']) {
    api.use(path, async (c, next) => {
      if (!isOpen(c.req.raw)) c.set('principal', await authenticate(c.req.raw));
      await next();
    });
  }
  for (const kind of ['models', 'deployments', 'drift']) {
    api.use(`/api/${kind}/:name/*`, async (c, next) => {
      if (c.req.method !== 'GET') requireModel(c.get('principal'), c.req.param('name'));
      await next();
    });
  }
  api.use('*', wellFormed);
  api.route('/', runRoutes(context));
  api.route('/', modelRoutes(context));
  api.route('/', attemptRoutes(context));
  api.route('/', attemptInputRoutes(context));
  api.route('/', jobRoutes(context));
  api.route('/', accessRoutes(context));
  api.route('/', deploymentRoutes(context));
  api.route('/', sessionRoutes(context));
  api.route('/', userRoutes(context));
  api.route('/', usageRoutes(context));
  api.route('/', driftRoutes(context));
  api.route('/', watchingRoutes(context));
  api.notFound((c) => c.json({ error: `There is nothing at ${c.req.method} ${c.req.path}.` }, 404));
  api.onError((error, c) => {
    const fault = toServiceError(error, c.req.raw.signal);
    if (fault !== error && fault.status >= 500) onError(error);
    return c.json({ error: fault.message }, fault.status, fault.headers);
  });
  return api;
}

/** Signing in needs no key. */
const isOpen = ({ method, url }: Request): boolean =>
  method === 'POST' && new URL(url).pathname === '/api/sessions';
