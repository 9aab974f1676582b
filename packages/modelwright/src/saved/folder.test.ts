import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { NdArray } from '../graph/array.js';
import { replaceFolder, writeFileAtomic } from './atomic.js';
import { checkModelDestination, readModelFolder, writeModelFolder } from './folder.js';
import { scalingModel } from './testing.js';

let parent = '';
let directory = '';
before(async () => {
  parent = await mkdtemp(join(tmpdir(), 'modelwright-saved-'));
});
beforeEach(async () => {
  await rm(parent, { recursive: true });
  await mkdir(parent);
  directory = join(parent, 'model');
});
after(() => rm(parent, { recursive: true }));

async function savedFactor(path = directory): Promise<number> {
  const tensors = await (await readModelFolder(path)).readTensors();
  return tensors.get('factor')!.data[0] as number;
}

describe('a saved model', () => {
  it('is laid out as Hugging Face repositories are, and read back', async () => {
    await writeModelFolder(directory, scalingModel(3));
    assert.deepEqual((await readdir(directory, { recursive: true })).sort(), [
      'README.md',
      'config.json',
      'model.safetensors',
      'onnx',
      join('onnx', 'model.onnx'),
    ]);
    const model = await readModelFolder(directory);
    assert.deepEqual(model.config, scalingModel(3).config);
    assert.equal(model.parameters, 2);
    assert.deepEqual(await model.readTensors(), new Map([['factor', NdArray.from([3, 3])]]));
    assert.deepEqual(new Uint8Array(await model.readOnnx()), scalingModel(3).onnx);
  });

  it('replaces an earlier one whole, also behind a link, and leaves nothing beside it', async () => {
    await writeModelFolder(directory, { ...scalingModel(1), files: { 'old.txt': 'old' } });
    await symlink(directory, join(parent, 'link'));
    await writeModelFolder(join(parent, 'link'), scalingModel(2));
    assert.equal(await savedFactor(), 2);
    assert.ok(!(await readdir(directory)).includes('old.txt'));
    assert.deepEqual((await readdir(parent)).sort(), ['link', 'model']);
  });

  it('never deletes a folder of other things', async () => {
    await mkdir(directory);
    await writeFile(join(directory, 'photo.jpg'), 'precious');
    await assert.rejects(writeModelFolder(directory, scalingModel(1)), /holds no saved model/);
    await assert.rejects(checkModelDestination(join(directory, 'photo.jpg')), /is a file/);
    assert.deepEqual(await readdir(directory), ['photo.jpg']);
  });

  it('keeps its files inside its folder', async () => {
    const outside = { ...scalingModel(1), files: { '../outside.txt': '' } };
    await assert.rejects(writeModelFolder(directory, outside), /not a path inside/);
    assert.deepEqual(await readdir(parent), []);
  });
});

describe('reading says what is wrong', () => {
  const damages: [string, () => Promise<unknown>, RegExp][] = [
    ['no folder', () => rm(directory, { recursive: true }), /there is no such folder/],
    ['no config', () => rm(join(directory, 'config.json')), /it has no config.json/],
    ['half a config', () => truncate(join(directory, 'config.json'), 50), /config.json is not valid JSON/],
    ['no tensors', () => rm(join(directory, 'model.safetensors')), /model.safetensors is missing/],
    [
      'tensors cut off',
      () => truncate(join(directory, 'model.safetensors'), 100),
      /model.safetensors .*cut off/,
    ],
    ['no network', () => rm(join(directory, 'onnx'), { recursive: true }), /model.onnx is missing/],
    ['an empty network', () => truncate(join(directory, 'onnx', 'model.onnx')), /model.onnx is empty/],
  ];
  for (const [name, damage, message] of damages) {
    it(name, async () => {
      await writeModelFolder(directory, scalingModel(1));
      await damage();
      await assert.rejects(readModelFolder(directory), message);
    });
  }
});

describe('an interrupted save leaves the earlier model whole', () => {
  beforeEach(() => writeModelFolder(directory, scalingModel(1)));

  it('when writing a file fails', async () => {
    const impossible = { ...scalingModel(2), files: { [`${'long'.repeat(100)}.txt`]: '' } };
    await assert.rejects(writeModelFolder(directory, impossible), /ENAMETOOLONG/);
    assert.equal(await savedFactor(), 1);
    assert.deepEqual(await readdir(parent), ['model']);
  });

  it('when the process is killed between the two renames', async () => {
    await rename(directory, join(parent, '.model.earlier'));
    assert.equal(await savedFactor(), 1);
    await writeModelFolder(directory, scalingModel(2));
    assert.equal(await savedFactor(), 2);
    assert.deepEqual(await readdir(parent), ['model']);
  });

  it('when the process is killed while it writes', async () => {
    const child = spawn(
      process.execPath,
      ['--input-type=module', '-e', writer('setInterval(() => {}, 1000)')],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.equal(await savedFactor(), 1);
    await writeModelFolder(directory, scalingModel(2));
    assert.equal(await savedFactor(), 2);
  });

  /** A program that begins to replace the model, says so, and then does as told. */
  const writer = (then: string) => `
    import { writeFileSync } from 'node:fs';
    import { replaceFolder } from ${JSON.stringify(new URL('./atomic.js', import.meta.url).href)};
    await replaceFolder(${JSON.stringify(directory)}, (temporary) => {
      writeFileSync(temporary + '/config.json', '{}');
      process.stdout.write('begun');
      return new Promise(() => { ${then} });
    });`;

  it('when the disk is full', async (context) => {
    const disk = join(parent, 'disk');
    await mkdir(disk);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]);
    if (mounted.status !== 0)
      return context.skip('mounting a small disk takes the rights of an administrator');
    try {
      const model = join(disk, 'model');
      await writeModelFolder(model, scalingModel(1));
      const large = { ...scalingModel(2), files: { 'large.bin': new Uint8Array(200_000) } };
      await assert.rejects(writeModelFolder(model, large), /ENOSPC/);
      assert.equal(await savedFactor(model), 1);
      assert.deepEqual(await readdir(disk), ['model']);
      await assert.rejects(writeFileAtomic(join(model, 'config.json'), ' '.repeat(200_000)), /ENOSPC/);
      assert.equal(await savedFactor(model), 1);
    } finally {
      execFileSync('umount', [disk]);
    }
  });
});

describe('writeFileAtomic', () => {
  it('makes folders, replaces a file whole, and leaves nothing beside it', async () => {
    const path = join(parent, 'a', 'b.json');
    await writeFileAtomic(path, 'one');
    await writeFileAtomic(path, new TextEncoder().encode('two'));
    assert.equal(await readFile(path, 'utf8'), 'two');
    assert.deepEqual(await readdir(join(parent, 'a')), ['b.json']);
  });

  it('leaves a folder alone whose replacement fails', async () => {
    await mkdir(directory);
    const failing = replaceFolder(directory, () => Promise.reject(new Error('stop')));
    await assert.rejects(failing, /stop/);
    assert.deepEqual(await readdir(parent), ['model']);
  });
});
