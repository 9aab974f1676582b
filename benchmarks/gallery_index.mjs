// Finding the pictures of a gallery by its index, and by comparing all: prints a line of JSON for each number of pictures.
//   node benchmarks/gallery_index.mjs --pictures 1000,10000,100000          # made-up embeddings of 64 numbers, in classes of 20
//   node benchmarks/gallery_index.mjs --model models/faces                  # its gallery, and how long it takes to embed a picture
// With --keep FOLDER indices of made-up embeddings are kept there, and those that are there are not made again (makeSeconds is null then).
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { NdArray } from 'modelwright';
import { encodePng } from 'modelwright/data';
import { clusteredEmbeddings, HnswIndex, nearestRows } from 'modelwright/internal';
import { openImageSimilarity } from 'modelwright/tasks';

const { values: options } = parseArgs({
  options: {
    pictures: { type: 'string', default: '1000,10000,100000' },
    model: { type: 'string' },
    keep: { type: 'string' },
  },
});

/** Embeddings that are looked for and not in the gallery. */
const queryCount = 500;
const dimensions = 64;
const nearest = 10;

/** A gallery's table of rows, and the rows to look for: drawn apart evenly, so that they are of the same classes. */
function tableOf({ data, shape }) {
  const [rows, width] = shape;
  const isQuery = (row) =>
    Math.floor((row * queryCount) / rows) !== Math.floor(((row + 1) * queryCount) / rows);
  const table = new Float32Array((rows - queryCount) * width);
  const queries = [];
  let at = 0;
  for (let row = 0; row < rows; row++) {
    const values = data.subarray(row * width, (row + 1) * width);
    if (isQuery(row)) queries.push(Float32Array.from(values));
    else {
      table.set(values, at);
      at += width;
    }
  }
  return { table, queries, width };
}

/** What a function gives, and the milliseconds that it took. */
async function timed(work) {
  const start = performance.now();
  const result = await work();
  return { result, milliseconds: performance.now() - start };
}

/** Answers to all queries once memory is warm, and milliseconds a query. */
async function answers(queries, find) {
  for (const query of queries.slice(0, 20)) find(query);
  const { result, milliseconds } = await timed(() =>
    queries.map((query) => find(query).map(({ row }) => row)),
  );
  return { found: result, milliseconds: milliseconds / queries.length };
}

const recall = (found, truth, k) =>
  truth.reduce(
    (sum, rows, i) => sum + rows.slice(0, k).filter((row) => found[i].slice(0, k).includes(row)).length,
    0,
  ) /
  (k * truth.length);

async function measure(embeddings, folder, more = {}) {
  const { table, queries, width } = tableOf(embeddings);
  const shape = [table.length / width, width];
  const path = join(folder, `${shape.join('x')}.usearch`);
  const isThere = await stat(path).then(
    () => true,
    () => false,
  );
  const made = isThere ? undefined : await timed(() => HnswIndex.of({ data: table, shape }));
  if (made) await writeFile(path, await made.result.encode());
  const before = process.memoryUsage().rss;
  const opened = await timed(() => HnswIndex.open(path, shape));
  const memory = process.memoryUsage().rss - before;
  const all = await answers(queries, (query) => nearestRows(table, query, nearest));
  const indexed = await answers(queries, (query) => opened.result.nearest(query, nearest));
  const round = (value, digits) => Number(value.toFixed(digits));
  console.log(
    JSON.stringify({
      pictures: shape[0],
      exactMilliseconds: round(all.milliseconds, 3),
      indexMilliseconds: round(indexed.milliseconds, 3),
      recallAt1: round(recall(indexed.found, all.found, 1), 4),
      recallAt10: round(recall(indexed.found, all.found, nearest), 4),
      makeSeconds: made ? round(made.milliseconds / 1000, 2) : null,
      fileMegabytes: round((await stat(path)).size / 1e6, 1),
      openMilliseconds: round(opened.milliseconds, 1),
      memoryMegabytes: round(memory / 1e6, 1),
      ...more,
    }),
  );
}

/** Milliseconds that a model takes to embed a PNG file of 300 x 300 pixels, decoding included. */
async function embedMilliseconds(model) {
  const picture = new NdArray('uint8', [3, 300, 300]);
  for (let i = 0; i < picture.size; i++) picture.data[i] = (i * 97) % 251;
  const png = await encodePng(picture);
  const embed = async (times) => {
    for (let i = 0; i < times; i++) await model.embed(png);
  };
  await embed(20);
  return (await timed(() => embed(200))).milliseconds / 200;
}

const own = await mkdtemp(join(tmpdir(), 'modelwright-gallery-'));
if (options.model) {
  const model = await openImageSimilarity(options.model, { exact: true });
  const took = await embedMilliseconds(model);
  await measure(model.gallery.embeddings, own, { embedMilliseconds: Number(took.toFixed(2)) });
  await model.release();
} else {
  for (const pictures of options.pictures.split(',').map(Number)) {
    await measure(clusteredEmbeddings(pictures + queryCount, dimensions, 1), options.keep ?? own);
  }
}
await rm(own, { recursive: true });
