import { noteTokens } from '../../watching/index.js';
import { type ModelApp, route, type ServerContext, withDeadline } from '../routes.js';
import { rawBytes } from '../tensorJson.js';
import { ability, modelFor } from './asking.js';
import { Body } from './body.js';
import { wrongField } from './faults.js';

/** The most texts of a request. */
const mostTexts = 2048;

/** `POST /v1/embeddings`: texts as vectors. */
export function addEmbeddings(app: ModelApp, server: ServerContext): void {
  route(app, 'POST', '/v1/embeddings', async (c) => {
    const body = await Body.read(c);
    const model = await modelFor(c, body.get('model'), 'embed');
    const texts = body.texts('input', mostTexts);
    const dimensions = body.wholeNumber('dimensions', 1, 2 ** 31 - 1);
    const format = body.choice('encoding_format', ['float', 'base64']);
    const send = (): void => undefined;
    const { vectors, tokens } = await withDeadline(server, c.req.raw, (signal) =>
      model.use((can) => ability(can, 'embed')(texts), { signal, send }),
    );
    noteTokens(tokens);
    const [first] = vectors;
    if (dimensions !== undefined && dimensions !== first!.length) {
      throw wrongField('dimensions', `The model gives ${first!.length} dimensions, not ${dimensions}.`);
    }
    return c.json({
      object: 'list',
      data: vectors.map((vector, index) => ({
        object: 'embedding',
        index,
        embedding:
          format === 'float' ? [...vector] : Buffer.from(rawBytes({ data: vector })).toString('base64'),
      })),
      model: model.name,
      usage: { prompt_tokens: tokens, total_tokens: tokens },
    });
  });
}
