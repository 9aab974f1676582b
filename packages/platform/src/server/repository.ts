import { badRequest } from './errors.js';
import type { ModelRepository } from './modelSource.js';
import { parseJson } from './reading.js';
import { type ModelApp, type ModelContext, route } from './routes.js';

/**
 * Triton's model repository extension
 * (https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_model_repository.md): what models there are, and
 * which of them answer.
 */
export function addRepository(app: ModelApp): void {
  route(app, 'POST', '/v2/repository/index', async (c) => {
    const { ready = false } = await options(c);
    if (typeof ready !== 'boolean') throw badRequest('ready should be true or false.');
    const models = await c.get('models').repository.index();
    return c.json(models.filter(({ state }) => !ready || state === 'READY'));
  });
  for (const action of ['load', 'unload'] as const satisfies readonly (keyof ModelRepository)[]) {
    route(app, 'POST', `/v2/repository/models/:model/${action}`, async (c) => {
      const { parameters = {} } = await options(c);
      if (typeof parameters !== 'object' || parameters === null)
        throw badRequest('parameters should be an object.');
      if ('config' in parameters || Object.keys(parameters).some((name) => name.startsWith('file:')))
        throw badRequest('Models are not sent along here: publish a version first.');
      await c.get('models').repository[action](c.req.param('model')!);
      return c.body(null, 200);
    });
  }
}

/** The JSON object in a request; an empty one where there is no body. */
async function options(c: ModelContext): Promise<Record<string, unknown>> {
  const bytes = await c.req.arrayBuffer();
  if (bytes.byteLength === 0) return {};
  const value = parseJson(bytes);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw badRequest('The body should be an object.');
  return { ...value };
}
