// Requests to served models that cannot be right, made at random.
import type { Malformed } from './malformed.js';
import type { Random } from './random.js';

const tensor = { name: 'image', datatype: 'UINT8', shape: [1, 1, 1, 2], data: [0, 1] };
const wrongTensors: readonly object[] = [
  { datatype: 'UINT9' },
  { datatype: 7 },
  { datatype: 'FP32' },
  { datatype: 'BYTES', data: ['a', 'b'] },
  { shape: [1, 1, 1, 3] },
  { shape: [1, 1, 1, -2] },
  { shape: [1, 1, 2] },
  { shape: [1, 3, 1, 2] },
  { shape: 'x' },
  { shape: [2 ** 40, 2 ** 40, 1, 2] },
  { shape: Array(40).fill(1) },
  { data: [0, 256] },
  { data: [0, -1] },
  { data: [0, 0.5] },
  { data: [0, null] },
  { data: 'AAE=' },
  { data: [[0], [1]] },
  { data: [] },
  { data: { length: 2 } },
  { name: 'picture' },
  { name: 7 },
  { name: '__proto__' },
  { parameters: { binary_data_size: 5 } },
  { parameters: { binary_data_size: -1 } },
  { parameters: [] },
];

/** A request for an inference with a tensor, an output or a header that is wrong. */
export function strangeInference(random: Random): Malformed {
  const to = {
    method: 'POST',
    path: random.of(['/v2/models/bright/infer', '/v2/models/bright/versions/1/infer']),
  };
  const type = 'application/json';
  const wrong = random.of(wrongTensors);
  const bodies: object[] = [
    { inputs: [{ ...tensor, ...wrong }] },
    { inputs: [tensor, tensor] },
    { inputs: [tensor], outputs: [{ name: 'nothing' }] },
    { inputs: [tensor], outputs: {} },
    { inputs: [tensor], id: 7 },
    { inputs: [tensor], parameters: 7 },
    { inputs: {} },
    { inputs: [] },
    {},
  ];
  if (random.next() < 0.6)
    return { ...to, type, fault: `tensor ${Object.entries(wrong)[0]}`, body: JSON.stringify(bodies[0]) };
  return { ...to, type, fault: 'inference', body: JSON.stringify(random.of(bodies)) };
}

/** A request for a prediction, or to OpenAI's API, with a body that is none. */
export function strangePrediction(random: Random): Malformed {
  const bytes = new Uint8Array(Array.from({ length: 1 + random.below(300) }, () => random.below(256)));
  const boundary = 'multipart/form-data; boundary=b';
  const form = '--b\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\nx';
  const predict = '/api/models/bright/predict';
  const image = { method: 'POST', path: predict, type: 'image/png' };
  const openAi = random.of(['/v1/completions', '/v1/chat/completions', '/v1/embeddings', '/v1/moderations']);
  const json = { method: 'POST', path: openAi, type: 'application/json' };
  const model = 'bright';
  return random.of<Malformed>([
    { ...image, fault: 'no picture', body: bytes },
    { ...image, fault: 'empty picture', body: '' },
    { ...image, fault: 'cut-off PNG', body: new Uint8Array([137, 80, 78, 71, 13, 10, 26, 10, ...bytes]) },
    {
      ...image,
      fault: 'media type',
      type: random.of(['text/html', 'audio/wav', 'x/y', '', 'image']),
      body: bytes,
    },
    { ...image, fault: 'cut-off form', type: boundary, body: form },
    { ...image, fault: 'form without end', type: 'multipart/form-data', body: `${form}\r\n--b--` },
    { ...image, fault: 'empty form', type: boundary, body: '--b--' },
    { ...image, fault: 'form without a picture', type: boundary, body: `${form}\r\n--b--\r\n` },
    {
      ...image,
      fault: 'top',
      path: `${predict}?top=${random.of(['0', '-1', 'x', '1e9', '%00'])}`,
      body: bytes,
    },
    { ...image, fault: 'another model', path: '/api/models/%2e%2e%2fbright/predict', body: bytes },
    { ...json, fault: 'no JSON', body: bytes },
    { ...json, fault: 'no model', body: JSON.stringify({ prompt: 'x', input: 'x', messages: [] }) },
    {
      ...json,
      fault: 'wrong model',
      body: JSON.stringify({ model: random.of([7, null, {}, '../bright', 'a\0b']) }),
    },
    {
      ...json,
      fault: 'a model for pictures',
      body: JSON.stringify({ model, prompt: 'x', input: 'x', messages: [{ role: 'user', content: 'x' }] }),
    },
    { ...json, fault: 'deep', body: `{"model": ${'['.repeat(50_000)}` },
    { ...json, path: '/v1/audio/transcriptions', fault: 'no form', body: '{}' },
    { ...json, path: '/v1/audio/transcriptions', fault: 'cut-off form', type: boundary, body: form },
    { ...json, path: '/v1/nothing', fault: 'unknown address', body: '{}' },
    {
      ...json,
      path: `/v2/repository/models/${random.of(['nothing', '%00', '..%2fbright'])}/load`,
      fault: 'another model',
      body: '{}',
    },
    { ...json, path: '/v2/repository/models/bright/reload', fault: 'unknown address', body: '{}' },
  ]);
}
