import { badRequest, ServiceError } from './errors.js';
import { eventStream } from './eventStream.js';
import { noSuchModel } from './modelSource.js';
import {
  findModel,
  type ModelApp,
  type ModelContext,
  route,
  type ServerContext,
  withDeadline,
} from './routes.js';
import type { ServedModel } from './servedModel.js';
import { type AnswerContext, FileAnswer } from './tasks/task.js';

const millisecondsSince = (started: number): number => Math.round((performance.now() - started) * 100) / 100;

/** Prediction on raw data: `POST /predict` asks the first model, `POST /models/{name}/predict` a certain one. */
export function addPrediction(app: ModelApp, server: ServerContext): void {
  const respond = async (c: ModelContext, model: ServedModel): Promise<Response> => {
    const started = performance.now();
    const { name, version, config, predictor } = model;
    if (!predictor) {
      throw badRequest(
        `The model '${name}' is for ${config.task}, which takes arrays: use POST /v2/models/${name}/infer.`,
      );
    }
    const prepared = await predictor.read(c);
    const answer = async (context: AnswerContext): Promise<object> => {
      const made = await prepared.answer(context);
      if (made instanceof FileAnswer) return made;
      return { model: name, version, ...made, milliseconds: millisecondsSince(started) };
    };
    if (prepared.streams) return eventStream(server, c.req.raw, answer);
    const send = (): void => undefined;
    const made = await withDeadline(server, c.req.raw, (signal) => answer({ signal, send }));
    if (made instanceof FileAnswer) {
      const timing = `total;dur=${millisecondsSince(started)}`;
      return c.body(made.bytes, 200, { 'Content-Type': made.type, 'Server-Timing': timing });
    }
    return c.json(made);
  };
  const modelOf = (c: ModelContext): Promise<ServedModel> => findModel(c, c.req.param('model')!);
  route(app, 'POST', '/predict', async (c) => {
    const [first] = await c.get('models').list();
    if (!first) throw noSuchModel('', []);
    return respond(c, await findModel(c, first.name));
  });
  route(app, 'POST', '/models/:model/predict', async (c) => respond(c, await modelOf(c)));
  route(app, 'GET', '/models/:model/stream', async (c) => {
    requireOwnPage(c.req.raw);
    const model = await modelOf(c);
    const { name, predictor } = model;
    if (!predictor?.stream)
      throw badRequest(
        `The model '${name}' does not take sound as it arrives: POST a whole one to /models/${name}/predict.`,
      );
    const take = c.env?.takeStream;
    if (!take) {
      throw new ServiceError(426, 'Sound that arrives in pieces is sent over a WebSocket.', {
        Upgrade: 'websocket',
      });
    }
    c.set('isKept', true);
    const models = c.get('models');
    take({ model, done: () => models.done?.() });
    return c.body(null, 204);
  });
}

/**
 * Browsers let pages of any site open WebSockets, and send a session's cookie along to other ports of the same machine: only pages of
 * this server may, and programs, which send no origin or a key.
 * @throws ServiceError 403
 */
function requireOwnPage({ headers, url }: Request): void {
  const origin = headers.get('Origin');
  if (origin === null || headers.get('Authorization') !== null) return;
  if (URL.canParse(origin) && new URL(origin).host === new URL(url).host) return;
  throw new ServiceError(403, `A page of ${origin.slice(0, 100)} may not stream here.`);
}
