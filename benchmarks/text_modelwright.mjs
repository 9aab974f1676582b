// Trains the task text-classification on real data, with its defaults: a line of JSON a seed, with the seconds of each epoch and the
// scores on the test part. The counterpart of text_torch.py:
//   node text_modelwright.mjs --data DATA [--model text-cnn] [--seeds 0,1,2] [--epochs N]
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { trainTextClassifier } from 'modelwright/tasks';

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    model: { type: 'string', default: 'text-cnn' },
    seeds: { type: 'string', default: '0,1,2' },
    epochs: { type: 'string' },
  },
});
const folder = await mkdtemp(join(tmpdir(), 'modelwright-bench-'));
for (const seed of values.seeds.split(',').map(Number)) {
  const epochs = [];
  const { metrics } = await trainTextClassifier({
    data: values.data,
    model: values.model,
    out: join(folder, String(seed)),
    seed,
    ...(values.epochs && { epochs: Number(values.epochs) }),
    onEvent: (event) => event.kind === 'epoch' && epochs.push(event.record),
  });
  console.log(
    JSON.stringify({
      seed,
      epochSeconds: epochs.map(({ seconds }) => Number(seconds.toFixed(1))),
      validation: epochs.map(({ validation }) => validation),
      test: metrics,
    }),
  );
}
await rm(folder, { recursive: true });
