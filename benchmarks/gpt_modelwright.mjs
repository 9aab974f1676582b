// Trains the task text-generation with its defaults, which are nanoGPT's configuration for a CPU with rotary positions, on
// tinyshakespeare (--positions learned: with nanoGPT's positions): one line of JSON a seed, with the seconds of the eight parts of the training, each measured at its end, and the loss on the last tenth of the
// text: over all its blocks one behind the other, and as nanoGPT estimates it, on 20 batches of 12 blocks drawn at random.
// MODELWRIGHT_DATA names a folder with tinyshakespeare/input.txt in it.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { evaluate, load, NdArray } from 'modelwright';
import { Dataset, Tokenizer } from 'modelwright/data';
import { trainTextGenerator } from 'modelwright/tasks';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '0,1,2' },
    iterations: { type: 'string', default: '2000' },
    positions: { type: 'string', default: 'rotary' },
  },
});
const data = join(process.env.MODELWRIGHT_DATA ?? 'data', 'tinyshakespeare', 'input.txt');
const blockSize = 64;

/** Batches of blocks of the last tenth of the text, drawn at random. */
function randomBlocks(folder) {
  const tokenizer = Tokenizer.fromFiles(
    Object.fromEntries(
      ['tokenizer.json', 'tokenizer_config.json'].map((name) => [
        name,
        readFileSync(join(folder, name), 'utf8'),
      ]),
    ),
  );
  const text = readFileSync(data, 'utf8');
  const ids = tokenizer.encode(text.slice(Math.floor(text.length * 0.9)));
  const starts = Array.from({ length: 240 }, () => Math.floor(Math.random() * (ids.length - blockSize)));
  const blocks = (shift) =>
    NdArray.of(
      'int32',
      [240, blockSize],
      starts.flatMap((start) => ids.slice(start + shift, start + shift + blockSize)),
    );
  return Dataset.fromArrays({ input_ids: blocks(0), target: blocks(1) }).batch(12);
}

for (const seed of values.seeds.split(',').map(Number)) {
  const out = mkdtempSync(join(tmpdir(), 'gpt-'));
  let seconds = 0;
  const onEvent = (event) => {
    if (event.kind === 'epoch') seconds += event.record.seconds;
  };
  const { metrics } = await trainTextGenerator({
    data,
    out: join(out, 'model'),
    seed,
    iterations: Number(values.iterations),
    positions: values.positions,
    onEvent,
  });
  const { loss } = await evaluate(await load(join(out, 'model')), randomBlocks(join(out, 'model')), {
    metrics: [],
  });
  console.log(
    JSON.stringify({
      seed,
      positions: values.positions,
      seconds,
      loss: metrics.loss,
      randomBlocksLoss: loss,
    }),
  );
  rmSync(out, { recursive: true });
}
