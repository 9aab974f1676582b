import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { folderObjects, type ObjectStore } from './objects.js';
import { s3Objects, s3Place } from './s3.js';

/** A bucket that tests may fill, such as `s3://test?endpoint=http://127.0.0.1:4568`, made by `npx s3rver --configure-bucket test`. */
const bucket = process.env.MODELWRIGHT_TEST_S3;

const kinds: Record<string, (folder: string) => Promise<ObjectStore>> = {
  'in a folder': async (folder) => folderObjects(folder),
  'on an S3-compatible server': (folder) => {
    const url = new URL(bucket!);
    url.pathname = `/${randomUUID()}`;
    return s3Objects(url.href, folder);
  },
};

for (const [kind, open] of Object.entries(kinds)) {
  const skip = kind.includes('S3') && !bucket && 'MODELWRIGHT_TEST_S3 is not set';
  describe(`contents ${kind}`, { skip }, () => {
    let folder: string;
    let objects: ObjectStore;
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'modelwright-objects-'));
      objects = await open(folder);
    });
    after(() => rm(folder, { recursive: true, force: true }));
    const hashOf = (content: string): string => createHash('sha256').update(content).digest('hex');
    const all = async (): Promise<string[]> => {
      const found: string[] = [];
      for await (const { sha256, size, modified } of objects.list()) {
        assert.ok(Math.abs(modified.getTime() - Date.now()) < 600_000);
        found.push(`${sha256} ${size}`);
      }
      return found.toSorted();
    };

    it('are kept once under their sha256, read, listed and deleted', async () => {
      const sha256 = hashOf('content');
      assert.deepEqual(await objects.put(Buffer.from('content')), { sha256, size: 7 });
      assert.deepEqual(await objects.put(Readable.from([Buffer.from('con'), Buffer.from('tent')])), {
        sha256,
        size: 7,
      });
      const empty = await objects.put(Buffer.alloc(0));
      assert.deepEqual([await objects.has(sha256), await objects.has(hashOf('other'))], [true, false]);
      assert.deepEqual([await objects.sizeOf(sha256), await objects.sizeOf(hashOf('other'))], [7, undefined]);
      assert.equal(await text(await objects.read(sha256)), 'content');
      assert.equal(await text(await objects.read(empty.sha256)), '');
      assert.deepEqual(await all(), [`${sha256} 7`, `${empty.sha256} 0`].toSorted());
      await objects.delete(sha256);
      assert.equal(await objects.has(sha256), false);
      await assert.rejects(async () => objects.read(sha256), /is missing from the store/);
      await objects.delete(sha256);
      assert.deepEqual(await all(), [`${empty.sha256} 0`]);
    });

    it('leave nothing when they break off, and have no other names', async () => {
      const before = await all();
      const broken = Readable.from(
        (async function* () {
          yield Buffer.from('half');
          throw new Error('cut off');
        })(),
      );
      await assert.rejects(objects.put(broken), /cut off/);
      assert.deepEqual(await all(), before);
      assert.deepEqual(await readdir(join(folder, 'incoming')), []);
      await assert.rejects(async () => objects.read('../../etc/passwd'), /is no sha256/);
    });
  });
}

describe('places of contents', () => {
  it('are addresses, with what the environment says', () => {
    const amazon = s3Place('s3://models/a/b/', { AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'id' });
    assert.deepEqual(
      [amazon.endPoint, amazon.bucket, amazon.prefix, amazon.pathStyle, amazon.accessKey],
      ['https://s3.eu-west-1.amazonaws.com', 'models', 'a/b/', false, 'id'],
    );
    const own = s3Place('s3://models?endpoint=http://minio:9000&region=x', {});
    assert.deepEqual(
      [own.endPoint, own.region, own.prefix, own.pathStyle],
      ['http://minio:9000', 'x', '', true],
    );
    for (const wrong of ['models', 'https://models', 's3:///x', '']) {
      assert.throws(() => s3Place(wrong, {}), /is no place for contents/);
    }
  });

  it('say when there is no server, and no bucket', async () => {
    const nowhere = 's3://models?endpoint=http://127.0.0.1:1';
    await assert.rejects(s3Objects(nowhere, tmpdir()), /cannot be reached at http:\/\/127.0.0.1:1/);
  });
});
