import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { picturesIn } from './pictureFolder.js';

describe('pictures of a folder', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pictures-'));
    for (const name of ['people/anna', 'people/.cache', 'elsewhere/ben', 'empty'])
      await mkdir(join(folder, name), { recursive: true });
    for (const name of [
      'people/anna/2.JPG',
      'people/.cache/old.png',
      'people/notes.txt',
      'elsewhere/ben/1.png',
    ])
      await writeFile(join(folder, name), '');
  });
  after(() => rm(folder, { recursive: true }));

  it('are found below it and behind links, in order, even where a link leads back', async () => {
    await symlink(join(folder, 'elsewhere', 'ben'), join(folder, 'people', 'ben'));
    await symlink(join(folder, 'elsewhere', 'ben', '1.png'), join(folder, 'people', 'first.png'));
    await symlink(join(folder, 'people'), join(folder, 'people', 'anna', 'round'));
    await symlink(join(folder, 'nowhere'), join(folder, 'people', 'broken.png'));
    assert.deepEqual(await picturesIn(join(folder, 'people')), [
      join('anna', '2.JPG'),
      join('ben', '1.png'),
      'first.png',
    ]);
  });

  it('are asked for where there are none', async () => {
    await assert.rejects(picturesIn(join(folder, 'empty')), /empty holds no picture.*\.jpg/);
    await assert.rejects(picturesIn(join(folder, 'gone')), /gone cannot be read as a folder of pictures/);
  });
});
