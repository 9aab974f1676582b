import { type ListedModel, noSuchModel } from '../modelSource.js';
import { type ModelApp, route } from '../routes.js';

/** `GET /v1/models` and `/v1/models/{id}`: the models that answer. */
export function addModels(app: ModelApp): void {
  route(app, 'GET', '/v1/models', async (c) => {
    const models = await c.get('models').list();
    return c.json({ object: 'list', data: models.map(modelJson) });
  });
  route(app, 'GET', '/v1/models/:id', async (c) => {
    const id = c.req.param('id')!;
    const models = await c.get('models').list();
    const found = models.find(({ name }) => name === id);
    if (found) return c.json(modelJson(found));
    throw noSuchModel(
      id,
      models.map(({ name }) => name),
    );
  });
}

function modelJson({ name, createdAt, owner }: ListedModel) {
  return { id: name, object: 'model', created: Math.floor(createdAt.getTime() / 1000), owned_by: owner };
}
