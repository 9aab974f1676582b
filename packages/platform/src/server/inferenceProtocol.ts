import type { TensorSpec } from 'modelwright/saved';
import { version } from '../version.js';
import { answerInference, headerLength } from './inferenceCall.js';
import {
  findModel,
  type ModelApp,
  type ModelContext,
  route,
  type ServerContext,
  withDeadline,
} from './routes.js';
import { datatypeOf } from './tensorJson.js';

/** What there is beyond the protocol: Triton's names. */
const extensions = ['binary_tensor_data', 'model_repository'];

/**
 * The Open Inference Protocol V2 over HTTP (https://github.com/kserve/open-inference-protocol), with Triton's binary tensor
 * data extension.
 */
export function addInferenceProtocol(app: ModelApp, server: ServerContext): void {
  route(app, 'GET', '/v2', (c) => c.json({ name: 'modelwright', version, extensions }));
  route(app, 'GET', '/v2/health/live', (c) => c.json({ live: true }));
  route(app, 'GET', '/v2/health/ready', (c) => {
    const ready = server.isReady();
    return c.json({ ready }, ready ? 200 : 503);
  });
  const modelOf = (c: ModelContext) => findModel(c, c.req.param('model')!, c.req.param('version'));
  for (const path of ['/v2/models/:model', '/v2/models/:model/versions/:version']) {
    route(app, 'GET', path, async (c) => {
      const { name, version, config } = await modelOf(c);
      const all = (await c.get('models').list()).find((each) => each.name === name)?.versions ?? [];
      const versions = c.req.param('version') === undefined ? all : [version];
      const metadata = { name, versions, platform: 'onnxruntime_onnx' };
      return c.json({
        ...metadata,
        inputs: config.inputs.map(tensorJson),
        outputs: config.outputs.map(tensorJson),
      });
    });
    route(app, 'GET', `${path}/ready`, async (c) => {
      const ready = server.isReady();
      return c.json({ name: (await modelOf(c)).name, ready }, ready ? 200 : 503);
    });
    route(app, 'POST', `${path}/infer`, async (c) => {
      const model = await modelOf(c);
      const body = new Uint8Array(await c.req.arrayBuffer());
      const jsonLength = c.req.header(headerLength);
      const answer = await withDeadline(server, c.req.raw, (signal) =>
        answerInference(model, { body, jsonLength, signal }),
      );
      return c.body(answer.body, 200, answer.headers);
    });
  }
}

function tensorJson({ name, dtype, shape }: TensorSpec) {
  return {
    name,
    datatype: datatypeOf(dtype),
    shape: shape.map((size) => (typeof size === 'number' ? size : -1)),
  };
}
