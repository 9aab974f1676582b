// What becomes of the platform on a file system that is really full: a small one in memory, which root may mount.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, rmdirSync, writeSync } from 'node:fs';
import { mkdtemp, readdir, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { packFolder } from './registry/archive.js';
import { openService, type Service } from './service.js';
import { saveBrightnessModel } from './testing.js';

const disk = mkdtempSync(join(tmpdir(), 'modelwright-disk-'));

/** Mounts the file system. @returns why it cannot be, or false */
function mount(): string | false {
  if (process.platform !== 'linux') return 'file systems in memory are mounted on Linux alone';
  if (process.getuid?.() !== 0) return 'root alone may mount a file system';
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=160m', 'tmpfs', disk], { stdio: 'ignore' });
    return false;
  } catch {
    return 'this system lets nobody mount a file system';
  }
}

const skip = mount();
if (skip !== false) rmdirSync(disk);

describe('the platform on a full disk', { skip }, () => {
  let folder: string;
  let service: Service;
  let archive: Uint8Array<ArrayBuffer>;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'modelwright-full-'));
    service = await openService({ folder: join(disk, 'platform'), onError: () => undefined });
    await saveBrightnessModel(join(folder, 'bright'));
    archive = new Uint8Array(await buffer(packFolder(join(folder, 'bright'))));
  });
  after(async () => {
    await service.close();
    execFileSync('umount', ['-l', disk]);
    rmdirSync(disk);
    await rm(folder, { recursive: true });
  });

  const filler = join(disk, 'filler');
  /** Writes until there is room for no more byte. */
  async function fill(): Promise<void> {
    const file = openSync(filler, 'a');
    for (const size of [2 ** 20, 4096, 1]) {
      const content = Buffer.alloc(size);
      try {
        while (writeSync(file, content) > 0);
      } catch (error) {
        assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
      }
    }
    closeSync(file);
    assert.equal((await statfs(disk)).bavail, 0);
  }
  const makeRoom = (): Promise<void> => rm(filler);

  const send = async (
    method: string,
    path: string,
    body?: object | Uint8Array<ArrayBuffer>,
    type?: string,
  ) => {
    const content = body instanceof Uint8Array ? body : body && JSON.stringify(body);
    const response = await service.fetch(
      new Request(`http://localhost${path}`, {
        method,
        headers: {
          Authorization: `Bearer ${service.firstKey}`,
          ...(content !== undefined && { 'Content-Type': type ?? 'application/json' }),
        },
        ...(content !== undefined && { body: content }),
      }),
    );
    const text = await response.text();
    return {
      status: response.status,
      json: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>,
    };
  };
  const full = { status: 507, json: { error: 'The disk of the server is full.' } };
  /** What the platform knows is still told. */
  const requireUp = async (): Promise<void> => {
    assert.equal((await send('GET', '/readyz')).status, 200);
    assert.equal((await send('GET', '/api/models')).status, 200);
  };
  const objects = async (): Promise<number> =>
    (await readdir(join(disk, 'platform'), { recursive: true, withFileTypes: true })).filter(
      (entry) => entry.isFile() && /^[0-9a-f]{64}$/.test(entry.name),
    ).length;

  it('keeps nothing of a model, and takes it once there is room', async () => {
    const publish = () => send('POST', '/api/models/bright/versions', archive, 'application/x-tar');
    await fill();
    assert.deepEqual(await publish(), full);
    await requireUp();
    assert.deepEqual((await send('GET', '/api/models')).json, { models: [] });
    assert.equal(await objects(), 0);
    assert.deepEqual(await readdir(join(disk, 'platform', 'work')), []);
    await makeRoom();
    const { status, json } = await publish();
    assert.deepEqual([status, json.version], [201, 1]);
  });

  it("keeps none of a run's metrics, and takes them once there is room", async () => {
    const { json } = await send('POST', '/api/runs', { name: 'run' });
    const points = (step: number, count: number) =>
      send('POST', `/api/runs/${json.id}/points`, {
        points: Array.from({ length: count }, (_, i) => ({ metric: `metric ${i}`, step, value: 1 })),
      });
    assert.equal((await points(1, 1)).status, 204);
    await fill();
    assert.deepEqual(await points(2, 5000), full);
    await requireUp();
    const names = async (): Promise<number> => {
      const { json: run } = await send('GET', `/api/runs/${json.id}`);
      return Object.keys(run.metrics as object).length;
    };
    assert.equal(await names(), 1, 'none of the refused are there');
    await makeRoom();
    assert.equal((await points(2, 5000)).status, 204);
    assert.equal(await names(), 5000);
  });

  it("keeps a job's last checkpoint until there is room for the next", async () => {
    const { json: job } = await send('POST', '/api/jobs', {
      ...{ kind: 'train', task: 'image-classification', data: 'digits' },
    });
    await send('POST', '/api/jobs/claim', { worker: 'w' });
    const attempt = `/api/jobs/${job.id}/attempts/1`;
    const fileOf = (content: Uint8Array) => ({
      path: 'last.safetensors',
      sha256: createHash('sha256').update(content).digest('hex'),
      size: content.length,
    });
    const keep = (content: Uint8Array) => send('PUT', `${attempt}/checkpoint`, { files: [fileOf(content)] });
    const sendContent = (content: Uint8Array<ArrayBuffer>) =>
      send('PUT', `${attempt}/contents`, content, 'application/octet-stream');
    const [first, second] = [1, 2].map((value) => new Uint8Array(2 ** 20).fill(value)) as [
      Uint8Array<ArrayBuffer>,
      Uint8Array<ArrayBuffer>,
    ];
    await sendContent(first);
    assert.deepEqual((await keep(first)).json, { missing: [] });
    await fill();
    assert.deepEqual(await sendContent(second), full);
    await requireUp();
    assert.deepEqual((await keep(second)).json, { missing: [fileOf(second).sha256] });
    assert.deepEqual((await send('GET', `${attempt}/checkpoint`)).json, { files: [fileOf(first)] });
    await makeRoom();
    assert.equal((await sendContent(second)).status, 200);
    assert.deepEqual((await keep(second)).json, { missing: [] });
    assert.deepEqual((await send('GET', `${attempt}/checkpoint`)).json, { files: [fileOf(second)] });
  });
});
