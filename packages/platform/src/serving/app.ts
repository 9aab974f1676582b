import type { Authenticate } from '../access/authenticate.js';
import type { Principal } from '../access/keys.js';
import { createModelApp, type ModelAppOptions } from '../server/app.js';
import { ServiceError } from '../server/errors.js';
import { noteRequest } from '../watching/index.js';
import type { Deployments } from './deployments.js';

/** Answers a request, or says that it is for another. */
export type Answer = (request: Request) => Promise<Response | undefined>;

/** Addresses that need no key: whether the server lives, and whether it is ready. */
const open = /^\/v2(\/health\/(live|ready))?$/;

/**
 * The deployed models over HTTP: the Open Inference Protocol V2, and prediction on what people have. A key sees the models of its
 * project, and calls those that it may.
 */
export function servingApp(
  deployments: Deployments,
  authenticate: Authenticate,
  options: ModelAppOptions,
): Answer {
  const apps = new Map<string, ReturnType<typeof createModelApp>>();
  const appOf = (project: string) => {
    const app = apps.get(project) ?? createModelApp(deployments.modelsOf(project), options);
    apps.set(project, app);
    return app;
  };
  const nobody = createModelApp(new Map(), options);
  return async (request) => {
    const url = new URL(request.url);
    const path = url.pathname;
    if (open.test(path)) return nobody.fetch(request);
    const asked = /^\/api\/models\/([^/]+)\/predict$/.exec(path);
    if (!asked && !path.startsWith('/v2/')) return undefined;
    const route = asked ? '/api/models/:model/predict' : '/v2/*';
    noteRequest({ route });
    let principal: Principal;
    const name = asked?.[1] ?? /^\/v2\/models\/([^/]+)/.exec(path)?.[1];
    try {
      principal = await authenticate(request);
      if (name !== undefined) requireAllowed(principal, decodeURIComponent(name));
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      return Response.json({ error: error.message }, { status: error.status, headers: error.headers });
    }
    if (asked) url.pathname = `/models/${asked[1]}/predict`;
    const target = asked ? new Request(url, request) : request;
    const response = await deployments.during(async () => appOf(principal.project).fetch(target));
    if (asked) noteRequest({ route });
    return response;
  };
}

function requireAllowed({ name, models }: Principal, model: string): void {
  if (models && !models.includes(model)) {
    throw new ServiceError(403, `The key '${name}' may not call the model '${model}'.`);
  }
}
