import type { Context, Hono } from 'hono';
import { topPredictions } from 'modelwright/tasks';
import { findModel, route, type ServerContext, withDeadline } from './routes.js';
import type { ServedModel } from './servedModel.js';
import { badRequest } from './tensorJson.js';

/** Prediction on raw data: `POST /predict` asks the first model, `POST /models/{name}/predict` a certain one. */
export function addPrediction(app: Hono, server: ServerContext): void {
  const answer = async (c: Context, model: ServedModel): Promise<Response> => {
    const started = performance.now();
    const { name, version, config, predictor } = model;
    const top = topOf(c);
    if (!predictor) {
      throw badRequest(
        `The model '${name}' is for ${config.task}, which takes arrays: use POST /v2/models/${name}/infer.`,
      );
    }
    const { inputs, remarks } = await predictor.read(c);
    const outputs = await withDeadline(server, c.req.raw, (signal) => model.run(inputs, signal));
    return c.json({
      model: name,
      version,
      predictions: topPredictions(config.labels, outputs[config.outputs[0]!.name]!, top),
      ...remarks,
      milliseconds: Math.round((performance.now() - started) * 100) / 100,
    });
  };
  route(app, 'POST', '/predict', (c) => answer(c, [...server.models.values()][0]!));
  route(app, 'POST', '/models/:model/predict', (c) => answer(c, findModel(server, c.req.param('model')!)));
}

function topOf(c: Context): number {
  const text = c.req.query('top') ?? '5';
  if (!/^[1-9]\d{0,5}$/.test(text))
    throw badRequest(`top should be a whole number from 1, but it is '${text}'.`);
  return Number(text);
}
