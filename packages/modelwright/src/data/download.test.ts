import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { type DownloadProgress, download } from './download.js';

const content = Buffer.alloc(200_000, 'modelwright');
const sha256 = createHash('sha256').update(content).digest('hex');

describe('download', () => {
  let server: Server;
  let url = '';
  let folder = '';
  before(async () => {
    server = createServer((request, response) => {
      if (request.url === '/missing') {
        response.writeHead(404).end('no such file');
        return;
      }
      response.writeHead(200, { 'content-length': content.length });
      if (request.url === '/cut') response.write(content.subarray(0, 1000), () => response.destroy());
      else if (request.url === '/changed') response.end(Buffer.alloc(content.length, 'else'));
      else response.end(content);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'modelwright-download-'));
  });

  it('fetches a file, reporting progress', async () => {
    const file = join(folder, 'deep', 'data.bin');
    const progress: DownloadProgress[] = [];
    await download([`${url}/data.bin`], file, { sha256, onProgress: (each) => progress.push(each) });
    assert.deepEqual(await readFile(file), content);
    assert.deepEqual(await readdir(join(folder, 'deep')), ['data.bin']);
    assert.deepEqual(progress.at(-1), { file: 'data.bin', received: content.length, total: content.length });
    await rm(folder, { recursive: true });
  });

  for (const [path, reason] of [
    ['missing', /\/missing: the server answered 404 Not Found/],
    ['cut', /\/cut: .*(terminated|broke off|other side closed)/],
    ['changed', new RegExp(`/changed: the content's sha256 is [0-9a-f]{64}, where ${sha256} was expected`)],
  ] as const) {
    it(`leaves nothing behind when the file is ${path}, and tries the next address`, async () => {
      const file = join(folder, 'data.bin');
      await assert.rejects(download([`${url}/${path}`], file, { sha256 }), reason);
      assert.deepEqual(await readdir(folder), []);
      await download([`${url}/${path}`, `${url}/data.bin`], file, { sha256 });
      assert.deepEqual(await readFile(file), content);
      await rm(folder, { recursive: true });
    });
  }

  it('names a server that cannot be reached, and stops when told to', async () => {
    const file = join(folder, 'data.bin');
    await assert.rejects(
      download(['http://127.0.0.1:1/data.bin'], file, { sha256 }),
      /127\.0\.0\.1:1.*fetch failed/,
    );
    await assert.rejects(download([`${url}/data.bin`], file, { sha256, signal: AbortSignal.abort() }), {
      name: 'AbortError',
    });
    assert.deepEqual(await readdir(folder), []);
    await rm(folder, { recursive: true });
  });
});
