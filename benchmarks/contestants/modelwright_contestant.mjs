// Modelwright on ONNX Runtime's CPU provider.
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { Skip, serve } from './protocol.mjs';

const { version } = JSON.parse(
  readFileSync(new URL('../../packages/modelwright/package.json', import.meta.url), 'utf8'),
);

async function notBuiltYet() {
  throw new Skip('not built yet');
}

await serve({
  name: 'Modelwright',
  version,
  threads: availableParallelism(),
  rows: {
    'digit-cnn-64': notBuiltYet,
    'digit-cnn-32': notBuiltYet,
    'mlp-64': notBuiltYet,
    'conv-layer': notBuiltYet,
    'resnet18-16': notBuiltYet,
    'predict-digit-cnn-1': notBuiltYet,
    'predict-digit-cnn-64': notBuiltYet,
    'predict-resnet18-1': notBuiltYet,
  },
});
