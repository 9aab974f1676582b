import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { lockFolder } from './lock.js';

it('locks a folder for one process at a time, and takes no notice of those that are gone', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'modelwright-lock-'));
  const unlock = await lockFolder(folder);
  await assert.rejects(lockFolder(folder), new RegExp(`is in use by the process ${process.pid}`));
  await unlock();
  // A process that was killed left its lock; the next one in a container has the same number.
  await writeFile(join(folder, 'lock'), String(process.pid));
  await (await lockFolder(folder))();
  await writeFile(join(folder, 'lock'), '4194305'); // beyond the largest number of a process on Linux
  await (await lockFolder(folder))();
  await writeFile(join(folder, 'lock'), String(process.ppid));
  await assert.rejects(lockFolder(folder), /is in use by the process/);
  await rm(folder, { recursive: true });
});
