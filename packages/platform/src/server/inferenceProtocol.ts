import type { TensorSpec } from 'modelwright/saved';
import { version } from '../version.js';
import { badRequest } from './errors.js';
import { inferenceResponse, parseInferenceRequest } from './inferenceRequest.js';
import {
  findModel,
  type ModelApp,
  type ModelContext,
  route,
  type ServerContext,
  withDeadline,
} from './routes.js';
import { datatypeOf } from './tensorJson.js';

const headerLength = 'Inference-Header-Content-Length';

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
      const request = parseInferenceRequest(body, jsonLength(c), model.config);
      const results = await withDeadline(server, c.req.raw, (signal) => model.run(request.inputs, signal));
      const { json, binary } = inferenceResponse(model, request, results);
      if (binary.length === 0) return c.body(json, 200, { 'Content-Type': 'application/json' });
      const text = new TextEncoder().encode(json);
      return c.body(new Uint8Array(Buffer.concat([text, ...binary])), 200, {
        'Content-Type': 'application/octet-stream',
        [headerLength]: String(text.length),
      });
    });
  }
}

function jsonLength(c: ModelContext): number | undefined {
  const text = c.req.header(headerLength);
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text))
    throw badRequest(`${headerLength} should be a number of bytes, but it is '${text}'.`);
  return Number(text);
}

function tensorJson({ name, dtype, shape }: TensorSpec) {
  return {
    name,
    datatype: datatypeOf(dtype),
    shape: shape.map((size) => (typeof size === 'number' ? size : -1)),
  };
}
