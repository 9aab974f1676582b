import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { NdArray } from '../../graph/array.js';
import { nearestRows, unitTable } from '../../nn/vectors.js';
import { writeModelFolder } from '../../saved/folder.js';
import { writeSafetensors } from '../../saved/safetensors.js';
import { scalingModel } from '../../saved/testing.js';
import { assertNear } from '../../testing/compare.js';
import { temporaryFolder } from '../../train/testing.js';
import { Gallery } from './gallery.js';
import { HnswIndex, indexLibrary } from './hnsw.js';
import { galleryFiles, indexedFrom, openSavedGallery } from './savedGallery.js';
import { clusteredEmbeddings } from './testing.js';

const [pictures, dimensions] = [3000, 64];
const embeddings = clusteredEmbeddings(pictures, dimensions, 1);
/** Of the same classes, and not in the gallery. */
const queries = Array.from({ length: 100 }, (_, i) => {
  const [a, b] = [i, i + 1].map((row) => embeddings.data.subarray(row * dimensions, (row + 1) * dimensions));
  return a!.map((value, j) => 3 * value + b![j]!);
});
const gallery = new Gallery(
  Array.from({ length: pictures }, (_, i) => `picture ${i}`),
  embeddings,
);

const skip = await indexLibrary().then(
  () => false as const,
  (error: Error) => error.message,
);

/** A saved model with the gallery and an index. */
async function saved(test: TestContext): Promise<string> {
  const directory = join(await temporaryFolder(test), 'model');
  await writeModelFolder(directory, {
    ...scalingModel(2),
    files: await galleryFiles(gallery, { index: 'hnsw' }),
  });
  return directory;
}

describe('the index of a gallery', { skip }, () => {
  it('finds what comparing with all embeddings finds', async () => {
    const index = await HnswIndex.of(embeddings);
    let found = 0;
    for (const query of queries) {
      const exact = new Map(
        nearestRows(embeddings.data, query, 10).map((each) => [each.row, each.similarity]),
      );
      const near = index.nearest(query, 10);
      assert.deepEqual(
        near,
        [...near].sort((a, b) => b.similarity - a.similarity),
      );
      const right = near.filter(({ row }) => exact.has(row));
      found += right.length;
      assertNear(
        right.map(({ similarity }) => similarity),
        right.map(({ row }) => exact.get(row)!),
        1e-6,
        'similarity',
      );
    }
    // The library's page of benchmarks has 99.3 % of nearest rows where half as many are looked at.
    assert.ok(found / (10 * queries.length) > 0.99, `recall at 10: ${found / (10 * queries.length)}`);
  });

  it('gives all there are where more are asked for, and takes rows of zeros and equal ones', async () => {
    const rows = new NdArray('float32', [40, 3]);
    for (let i = 0; i < 30; i++) rows.data.set([1, 0.5, i < 20 ? 0 : i], 3 * i);
    const index = await HnswIndex.of(rows);
    const near = index.nearest(Float32Array.of(2, 1, 0), 100);
    assert.equal(near.length, 40);
    assertNear(
      near.map(({ similarity }) => similarity),
      nearestRows(unitTable(rows.data, 3), Float32Array.of(2, 1, 0), 100).map(({ similarity }) => similarity),
      1e-6,
      'similarities',
    );
  });

  it('is made the same each time', async () => {
    const [once, again] = await Promise.all([1, 2].map(() => galleryFiles(gallery, { index: 'hnsw' })));
    assert.deepEqual(Object.keys(once!), ['gallery.safetensors', 'gallery.usearch']);
    assert.deepEqual(once, again);
  });

  it('is saved with the gallery, and opened with it', async (test) => {
    const directory = await saved(test);
    const opened = await openSavedGallery(directory, { onNote: assert.fail });
    assert.ok(opened.index instanceof HnswIndex);
    const made = new Gallery(gallery.names, embeddings, await HnswIndex.of(embeddings));
    for (const query of queries) assert.deepEqual(opened.nearest(query, 10), made.nearest(query, 10));
    const exact = await openSavedGallery(directory, { exact: true });
    assert.equal(exact.index, undefined);
    assert.deepEqual(exact.nearest(queries[0]!), gallery.nearest(queries[0]!));
  });

  it('is refused where it is damaged, cut off or of another gallery; without its file all are compared', async (test) => {
    const directory = await saved(test);
    const path = join(directory, 'gallery.usearch');
    const whole = await readFile(path);
    const other = new Gallery(gallery.names, clusteredEmbeddings(pictures, dimensions, 2));
    const flipped = Uint8Array.from(whole);
    flipped[whole.length >> 1]! ^= 1;
    const wrong = {
      'cut off': whole.subarray(0, whole.length - 1),
      empty: new Uint8Array(),
      'one bit': flipped,
      another: (await galleryFiles(other, { index: 'hnsw' }))['gallery.usearch']!,
    };
    for (const [name, content] of Object.entries(wrong)) {
      await writeFile(path, content);
      await assert.rejects(
        openSavedGallery(directory),
        /gallery\.usearch cannot be used: it is damaged, cut off, or the index of another gallery\. Copy the model again, or delete this file/,
        name,
      );
      assert.equal((await openSavedGallery(directory, { exact: true })).index, undefined, name);
    }
    await rm(path);
    const notes: string[] = [];
    const opened = await openSavedGallery(directory, { onNote: (text) => notes.push(text) });
    assert.match(
      notes.join('|'),
      /^All pictures of the gallery are compared, .*: there is no .*gallery\.usearch\.$/,
    );
    assert.deepEqual(opened.nearest(queries[0]!), gallery.nearest(queries[0]!));
  });

  it('is of no use for embeddings of another length, or for no picture', async () => {
    const indexed = new Gallery(gallery.names, embeddings, await HnswIndex.of(embeddings));
    for (const each of [gallery, indexed]) {
      assert.throws(
        () => each.nearest(new Float32Array(2 * dimensions)),
        /embeddings are of 64 numbers, but this one is of 128\. Embed with the gallery's model/,
      );
      assert.throws(
        () => each.nearest(queries[0]!, 0),
        /k must be a whole number of at least 1, but it is 0/,
      );
    }
  });

  it('is made from a number of pictures on', async () => {
    const count = async (pictures: number): Promise<number> => {
      const names = Array.from({ length: pictures }, (_, i) => `${i}`);
      const files = await galleryFiles(new Gallery(names, clusteredEmbeddings(pictures, 2, 1)));
      return Object.keys(files).length;
    };
    assert.deepEqual([await count(indexedFrom - 1), await count(indexedFrom)], [1, 2]);
  });

  it('is refused with its gallery where the names are no list', async (test) => {
    const directory = await saved(test);
    for (const names of ['3000', '"names"', '[1]', 'nonsense', '']) {
      const tensors = new Map([['embeddings', embeddings]]);
      await writeFile(join(directory, 'gallery.safetensors'), writeSafetensors(tensors, { names }));
      await assert.rejects(openSavedGallery(directory), /gallery\.safetensors holds no gallery/, names);
    }
  });

  it('is not needed: where the library is missing all are compared, and a training that asks for one is refused', async (test) => {
    const directory = await saved(test);
    const path = (file: string): string => JSON.stringify(new URL(file, import.meta.url).href);
    const missing = `data:text/javascript,${encodeURIComponent(
      `export const resolve = (name, context, next) => { if (name === 'usearch') throw new Error('not here'); return next(name, context); }`,
    )}`;
    const program = join(directory, '..', 'program.mjs');
    await writeFile(
      program,
      `import { register } from 'node:module';
       register(${JSON.stringify(missing)});
       const { openSavedGallery, galleryFiles } = await import(${path('./savedGallery.js')});
       const { trainImageSimilarity } = await import(${path('./index.js')});
       const notes = [];
       const onNote = (text) => notes.push(text);
       const gallery = await openSavedGallery(${JSON.stringify(directory)}, { onNote });
       const files = Object.keys(await galleryFiles(gallery, { index: 'hnsw', onNote }));
       const refused = await trainImageSimilarity({ data: 'characters', out: 'unused', index: 'hnsw' }).catch(({ message }) => message);
       console.log(JSON.stringify({ nearest: gallery.nearest(Float32Array.from(${JSON.stringify([...queries[0]!])})), files, notes, refused }));`,
    );
    const { status, stdout, stderr } = spawnSync(process.execPath, [program], { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    const found = JSON.parse(stdout) as Record<'nearest' | 'files' | 'notes', unknown> & { refused: string };
    assert.deepEqual(found.nearest, gallery.nearest(queries[0]!));
    assert.deepEqual(found.files, ['gallery.safetensors']);
    const reason =
      'Indices of galleries need the library usearch, which cannot be used here: not here. Install it (npm install usearch), or do without an index.';
    assert.deepEqual(found.notes, [
      `All pictures of the gallery are compared, which is exact and slower. ${reason}`,
      `Making an index of the gallery's ${pictures} pictures.`,
      `The gallery has no index, all its pictures are compared: ${reason}`,
    ]);
    assert.equal(found.refused, reason);
    assert.ok(!(await readdir(process.cwd())).includes('unused'));
  });
});
