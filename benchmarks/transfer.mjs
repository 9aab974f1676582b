// How much a network that was trained on other pictures helps where there are few: ten pictures a class of sign-digits, every fifth
// file of each class held out. The base learns to tell 35 faces and ten handwritten digits apart.
//   MODELWRIGHT_DATA=data node benchmarks/transfer.mjs [--seeds 0,1,2] [--epochs 30] [--base FOLDER] [--only 'from scratch']
// Prints one line of JSON for each training. The base is kept in FOLDER and used again when it is there.
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  accuracy,
  adam,
  cosineDecay,
  crossEntropy,
  dense,
  evaluate,
  fit,
  load,
  NdArray,
  networks,
  withHead,
} from 'modelwright';
import { Dataset, holdOutEvery } from 'modelwright/data';
import { openImages } from 'modelwright/tasks';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '0,1,2' },
    epochs: { type: 'string', default: '30' },
    base: { type: 'string', default: '.cache/transfer-base' },
    only: { type: 'string' },
  },
});
const data = process.env.MODELWRIGHT_DATA;
if (!data) throw new Error('Set MODELWRIGHT_DATA to the folder with att-faces, mnist and sign-digits.');
const epochs = Number(values.epochs);
const perClass = 10;
const like = { channels: 3, size: [64, 64], converts: true };
const examplesOf = async (dataset) => {
  const list = [];
  for await (const example of dataset) list.push(example);
  return list;
};
const training = (examples, rate, settings) => ({
  loss: crossEntropy,
  metrics: [accuracy],
  optimizer: adam(cosineDecay(rate, { steps: settings.epochs * Math.ceil(examples / 32) })),
  batchSize: 32,
  progress: false,
  ...settings,
});
const report = (what, seed, started, rest) =>
  console.log(
    JSON.stringify({ what, seed, seconds: Math.round((performance.now() - started) / 1000), ...rest }),
  );

async function baseModel() {
  if (existsSync(join(values.base, 'config.json'))) return load(values.base);
  const started = performance.now();
  const faces = await examplesOf((await openImages(join(data, 'att-faces'), { like })).train);
  const people = 1 + Math.max(...faces.map(({ target }) => target.item()));
  const digits = await examplesOf((await openImages(join(data, 'mnist'), { like })).train.take(1500));
  const both = [
    ...faces,
    ...digits.map(({ input, target }) => ({ input, target: NdArray.from(people + target.item(), 'int32') })),
  ];
  const settings = training(both.length, 1e-3, { epochs: 5, seed: 0 });
  const trained = await fit(networks['small-cnn']({ classes: people + 10 }), Dataset.from(both), settings);
  mkdirSync('.cache', { recursive: true });
  await trained.save(values.base, { data: 'att-faces and 1,500 of mnist' });
  report('base', 0, started, { examples: both.length, ...trained.history.epochs.at(-1).train });
  return trained;
}

const signs = (await openImages(join(data, 'sign-digits'), { like })).train;
const { train, test } = await holdOutEvery(signs, 5);
const pool = await examplesOf(train);
const base = await baseModel();
for (const seed of values.seeds.split(',').map(Number)) {
  const byClass = grouped(pool);
  const few = [...byClass.values()].flatMap((list) => {
    const order = Dataset.from(list).shuffle(seed);
    return Array.from({ length: perClass }, (_, i) => order.at(i));
  });
  const examples = Dataset.from(await Promise.all(few));
  const ways = {
    'from scratch': { model: networks['small-cnn']({ classes: 10 }) },
    'from the base': (({ model, variables }) => ({ model, variables }))(
      withHead(base.model, base.variables, dense(10), { input: { shape: [1, 3, 64, 64] }, seed }),
    ),
  };
  for (const [what, { model, ...start }] of Object.entries(ways)) {
    if (values.only && values.only !== what) continue;
    const started = performance.now();
    const trained = await fit(model, examples, training(examples.length, 1e-3, { epochs, seed, ...start }));
    const { loss, accuracy: share } = await evaluate(trained, test);
    report(what, seed, started, { examples: examples.length, test: test.length, loss, accuracy: share });
  }
}
process.exit();

function grouped(list) {
  const groups = new Map();
  for (const item of list) {
    const key = item.target.item();
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return groups;
}
