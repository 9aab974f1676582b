import type { Authenticate } from '../access/authenticate.js';
import { mayAct, type Principal, requireModel } from '../access/keys.js';
import type { Quotas } from '../access/quotas.js';
import { createModelApp, type ModelAppOptions } from '../server/app.js';
import { ServiceError } from '../server/errors.js';
import type { ModelEnvironment, ModelRepository, ModelSource, SourceOf } from '../server/modelSource.js';
import type { Store } from '../store/index.js';
import { noteRequest } from '../watching/index.js';
import type { Deployments } from './deployments.js';
import { repositoryOf } from './repository.js';

/** Answers a request, or says that it is for another. */
export type Answer = (
  request: Request,
  bindings?: ModelEnvironment['Bindings'],
) => Promise<Response | undefined>;

/** Where a model hears sound as it arrives, as requests are noted. */
export const streamRoute = '/api/models/:model/stream';

/** The deployed models as those who ask see them. A key sees the models of its project, and calls those that it may. */
export function deployedModels(
  store: Store,
  deployments: Deployments,
  authenticate: Authenticate,
  quotas?: Quotas,
): SourceOf {
  return async (request) => {
    const principal = await authenticate(request);
    if (!mayAct(principal.role, 'caller'))
      throw new ServiceError(403, `The key '${principal.name}' is for doing jobs, not for asking models.`);
    const streams = request.method === 'GET' && isStream.test(new URL(request.url).pathname);
    const admit = request.method === 'POST' || streams ? quotas : undefined;
    return modelsFor(principal, deployments, repositoryOf(store, deployments, principal), admit);
  };
}

/** The deployed models over HTTP: the Open Inference Protocol V2, OpenAI's API, and prediction on what people have. */
export function servingApp(sourceOf: SourceOf, options: ModelAppOptions): Answer {
  const app = createModelApp(sourceOf, options);
  return async (request, bindings) => {
    const url = new URL(request.url);
    const asked = /^\/api\/models\/([^/]+)\/(predict|stream)$/.exec(url.pathname);
    if (!asked && !/^\/v[12](\/|$)/.test(url.pathname)) return undefined;
    if (asked) url.pathname = `/models/${asked[1]}/${asked[2]}`;
    const target = asked ? new Request(url, request) : request;
    const response = await app.fetch(target, bindings);
    if (asked) noteRequest({ route: asked[2] === 'stream' ? streamRoute : '/api/models/:model/predict' });
    return response;
  };
}

const isStream = /^\/models\/[^/]+\/stream$/;

/**
 * The deployed models of a project, those that a caller may ask.
 * @param quotas counts the requests to them; undefined for requests that do not count
 */
function modelsFor(
  principal: Principal,
  deployments: Deployments,
  repository: ModelRepository,
  quotas: Quotas | undefined,
): ModelSource {
  const { project, models } = principal;
  const mayAsk = (model: string): boolean => !models || models.includes(model);
  const { list, find, done } = deployments.modelsOf(project);
  return {
    list: async () => (await list()).filter(({ name }) => mayAsk(name)),
    async find(name, version) {
      requireModel(principal, name);
      const found = await find(name, version);
      noteRequest({ model: found.name, version: found.version });
      await quotas?.admit(principal, found.name);
      return found;
    },
    repository,
    done,
  };
}
