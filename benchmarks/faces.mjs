// How settings for faces compare where nothing is chosen on the people that count: ten of the first 25 people of att-faces are held out by
// chance, twelve times, and the other 15 learnt from. People 26 to 35 take no part.
//   MODELWRIGHT_DATA=data node benchmarks/faces.mjs ['{"model":"linear"}' ...] [--splits 12] [--seed 0]
// Each argument is a change to the preset `faces`, an `ImageSimilarityTrainOptions` as JSON; prints one line of JSON for each.
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Random } from 'modelwright/internal';
import { trainImageSimilarity } from 'modelwright/tasks';

const { values, positionals } = parseArgs({
  options: { splits: { type: 'string', default: '12' }, seed: { type: 'string', default: '0' } },
  allowPositionals: true,
});
if (!process.env.MODELWRIGHT_DATA) throw new Error('Set MODELWRIGHT_DATA to the folder with att-faces.');

const settings = { preset: 'faces', seed: Number(values.seed) };
const people = Array.from({ length: 25 }, (_, i) => `s${i + 1}`);
const splits = Array.from({ length: Number(values.splits) }, (_, split) => {
  const random = new Random(split);
  const drawn = people.map((name) => ({ name, at: random.uniform() })).sort((a, b) => a.at - b.at);
  return drawn.slice(0, 10).map(({ name }) => name);
});
const mean = (numbers) => numbers.reduce((sum, value) => sum + value, 0) / numbers.length;

const folder = await mkdtemp(join(tmpdir(), 'faces-'));
try {
  const data = join(folder, 'people');
  await mkdir(data);
  for (const name of people) {
    await symlink(resolve(process.env.MODELWRIGHT_DATA, 'att-faces', name), join(data, name));
  }
  for (const text of positionals.length > 0 ? positionals : ['{}']) {
    const started = performance.now();
    const found = [];
    for (const heldOutClasses of splits) {
      const out = join(folder, 'model');
      const { metrics } = await trainImageSimilarity({
        ...settings,
        ...JSON.parse(text),
        data,
        heldOutClasses,
        out,
      });
      found.push(metrics);
      await rm(out, { recursive: true });
    }
    console.log(
      JSON.stringify({
        change: JSON.parse(text),
        equalErrorRate: mean(found.map(({ equalErrorRate }) => equalErrorRate)),
        recallAt1: mean(found.map(({ recallAt1 }) => recallAt1)),
        each: found.map(({ equalErrorRate }) => Number(equalErrorRate.toFixed(4))),
        seconds: Math.round((performance.now() - started) / 1000),
      }),
    );
  }
} finally {
  await rm(folder, { recursive: true });
}
