import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { encodePng } from 'modelwright/data';
import { lastLineJson, run } from './cli/testing.js';
import { createApp } from './server/app.js';
import { type ServedModel, serveModel } from './server/servedModel.js';
import { plainImage } from './testing.js';

/** Why there are no indices here: the library is installed where it has a build for the machine. */
const skip = await import('usearch' as string).then(
  () => false,
  (error: Error) => error.message,
);

// Pictures of one grey a class: any network tells them apart by their brightness.
describe('image similarity on the command line and over HTTP', () => {
  let folder = '';
  let served: ServedModel;
  const path = (name: string): string => join(folder, name);
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'modelwright-similar-'));
    for (let name = 0; name < 6; name++) {
      await mkdir(path(`greys/g${name}`), { recursive: true });
      for (let i = 0; i < 4; i++) {
        await writeFile(
          path(`greys/g${name}/${i}.png`),
          await encodePng(plainImage(20 + 40 * name + i, 3, 9, 9)),
        );
      }
    }
  });
  after(async () => {
    await served.release();
    await rm(folder, { recursive: true });
  });

  it('trains, measures, compares and finds', async () => {
    const trained = await run([
      ...['train', 'image-similarity', '--data', path('greys'), '--out', path('model'), '--model', 'mlp'],
      ...[
        '--image-size',
        '16',
        '--epochs',
        '3',
        '--classes-per-batch',
        '4',
        '--dimensions',
        '4',
        '--no-augment',
      ],
      ...['--held-out-classes', 'g1,g4', '--channels', '1', '--index', skip ? 'exact' : 'hnsw', '--json'],
    ]);
    assert.equal(trained.status, 0, trained.stderr);
    const { task, metrics } = lastLineJson(trained.stdout) as {
      task: string;
      metrics: Record<string, number>;
    };
    assert.equal(task, 'image-similarity');
    assert.equal(metrics.recallAt1, 1);
    assert.match(
      trained.stderr,
      /^mlp: [\d,]+ parameters, 4 classes, 16 examples to learn from, 8 held out\n/,
    );

    const card = await readFile(path('model/README.md'), 'utf8');
    assert.equal(card.includes('Its gallery is searched by an index'), !skip);

    const evaluated = await run(['evaluate', path('model'), '--data', path('greys')]);
    assert.match(evaluated.stdout, /^8 examples of .*recallAt1 1/);

    const files = ['g1/0.png', 'g1/3.png', 'g5/0.png'].map((name) => path(`greys/${name}`));
    const compared = await run(['predict', path('model'), ...files, '--json']);
    const { pairs } = lastLineJson(compared.stdout) as { pairs: { files: string[]; similarity: number }[] };
    assert.deepEqual(
      pairs.map((pair) => pair.files),
      [
        [files[0], files[1]],
        [files[0], files[2]],
        [files[1], files[2]],
      ],
    );
    assert.ok(pairs[0]!.similarity > pairs[1]!.similarity);
    assert.match(
      (await run(['predict', path('model'), ...files])).stdout,
      /^ *\d\.\d{3} {2}(same|other) class/,
    );

    const found = await run(['predict', path('model'), files[2]!, '--top', '2']);
    assert.match(found.stdout, /^( 1\.000 {2}g5\/\d\.png\n){2}$/);
    const elsewhere = await run([
      'predict',
      path('model'),
      files[2]!,
      '--gallery',
      path('greys/g0'),
      '--json',
    ]);
    const { results } = lastLineJson(elsewhere.stdout) as { results: { similar: { name: string }[] }[] };
    assert.deepEqual(results[0]!.similar.map(({ name }) => name).sort(), [
      '0.png',
      '1.png',
      '2.png',
      '3.png',
    ]);
    const nowhere = await run(['predict', path('model'), files[2]!, '--gallery', path('nowhere')]);
    assert.equal(nowhere.status, 1);
    assert.match(nowhere.stderr, /nowhere cannot be read as a folder of pictures/);
  });

  it('refuses a damaged index, but where nobody vouches for the model none is read', { skip }, async () => {
    const [model, damaged] = [path('model'), path('damaged')];
    await cp(model, damaged, { recursive: true });
    await writeFile(join(damaged, 'gallery.usearch'), 'damaged');
    const reason = /gallery\.usearch cannot be used: it is damaged, cut off, or the index of another gallery/;
    const found = await run(['predict', damaged, path('greys/g1/0.png')]);
    assert.equal(found.status, 1);
    assert.match(found.stderr, reason);
    await assert.rejects(serveModel(damaged, { replicas: 1 }), reason);
    const limited = await serveModel(damaged, { replicas: 1, limits: { memory: 300e6 } });
    await limited.release();
  });

  it('answers over HTTP: one picture, or two', async () => {
    served = await serveModel(path('model'), { name: 'greys', replicas: 1 });
    const app = createApp({ models: [served] });
    const fileOf = async (name: string): Promise<File> =>
      new File([new Uint8Array(await readFile(path(`greys/${name}`)))], name);
    const ask = async (...names: string[]): Promise<{ status: number; body: Record<string, unknown> }> => {
      const form = new FormData();
      for (const [i, name] of names.entries()) form.append(`picture${i}`, await fileOf(name));
      const response = await app.request('/models/greys/predict?top=2', { method: 'POST', body: form });
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    };
    const { body: one } = await ask('g2/1.png');
    assert.equal((one.embedding as number[]).length, 4);
    assert.match((one.similar as { name: string }[])[0]!.name, /^g2\//);
    assert.equal((one.similar as object[]).length, 2);
    const { body: two } = await ask('g2/1.png', 'g2/1.png');
    assert.ok(Math.abs((two.similarity as number) - 1) < 1e-5);
    assert.deepEqual([two.same, typeof two.threshold], [true, 'number']);
    const three = await ask('g2/1.png', 'g2/1.png', 'g2/1.png');
    assert.equal(three.status, 400);
    assert.match(String(three.body.error), /one picture or two, not 3/);
    const text = await app.request('/predict', { method: 'POST', body: 'no picture' });
    assert.equal(text.status, 415);
  });
});
