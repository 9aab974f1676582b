import assert from 'node:assert/strict';
import { once } from 'node:events';
import { copyFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { broadcastTo } from 'modelwright';
import { encodeModel, Graph, input } from 'modelwright/onnx';
import { brightProbability, saveBrightnessModel } from '../testing.js';
import { lastLineJson, run, start } from './testing.js';

describe('the platform on the command line', () => {
  let folder = '';
  let platform: ReturnType<typeof start>;
  let environment: Record<string, string> = {};
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'modelwright-up-'));
    await saveBrightnessModel(join(folder, 'brightness'));
    platform = start(['up', '--folder', join(folder, 'platform'), '--port', '0', '--json']);
    const [line] = (await once(platform.stdout, 'data')) as [Buffer];
    const { url, key } = lastLineJson(line.toString()) as { url: string; key: string };
    environment = { MODELWRIGHT_SERVER: url, MODELWRIGHT_KEY: key };
  });
  after(async () => {
    platform.kill('SIGTERM');
    const [status] = (await once(platform, 'exit')) as [number | null];
    await rm(folder, { recursive: true, force: true });
    assert.equal(status, 0, 'it ends in order');
  });
  const ask = async (...args: string[]): Promise<Record<string, unknown>> => {
    const { status, stdout, stderr } = await run([...args, '--json'], { environment });
    assert.equal(status, 0, stderr);
    return lastLineJson(stdout);
  };

  it('keeps a training with its run, publishes the model, and deploys it', async () => {
    const out = join(folder, 'digits');
    const training = ['train', 'image-classification', '--data', 'digits', '--model', 'mlp', '--epochs', '1'];
    await ask(...training, '--out', out, '--publish', 'digits');
    const { runs } = (await ask('runs', 'list')) as { runs: { id: string; status: string; task: string }[] };
    assert.deepEqual([runs[0]!.status, runs[0]!.task], ['finished', 'image-classification']);
    const shown = await ask('runs', 'show', runs[0]!.id, '--metric', 'loss');
    const { loss, 'result/accuracy': accuracy } = shown.metrics as Record<
      string,
      { count: number; last: number }
    >;
    assert.equal(loss!.count, 157, 'one value a step: 5,000 digits in batches of 32');
    assert.ok((shown.curve as { points: unknown[] }).points.length > 50);
    const { versions } = (await ask('models', 'show', 'digits')) as {
      versions: { run: string; metrics: { accuracy: number } }[];
    };
    assert.equal(versions[0]!.run, runs[0]!.id);
    assert.equal(versions[0]!.metrics.accuracy, accuracy!.last);
    await ask('models', 'alias', 'digits@1', 'champion');
    assert.equal((await ask('deploy', 'digits@champion')).version, 1);
    const back = join(folder, 'back');
    await ask('models', 'pull', 'digits@champion', back);
    assert.deepEqual((await readdir(back)).toSorted(), (await readdir(out)).toSorted());
  });

  it('has jobs done by the worker beside it', async () => {
    const options = ['--model', 'mlp', '--epochs', '1', '--seed', '1'];
    const submitted = ['jobs', 'submit', 'train', 'image-classification', '--data', 'digits', ...options];
    const job = await ask(...submitted, '--publish', 'queued', '--wait');
    assert.deepEqual([job.status, job.attempt, job.version, job.publish], ['finished', 1, 1, 'queued']);
    const { jobs } = (await ask('jobs', 'list')) as { jobs: { id: string }[] };
    assert.deepEqual(
      jobs.map(({ id }) => id),
      [job.id],
    );
    for (const of of [job.id, job.run]) {
      const { lines } = (await ask('logs', String(of))) as { lines: { text: string }[] };
      assert.match(lines.map(({ text }) => text).join('\n'), /Attempt 1, on .*\nEpoch 1: loss /s);
    }
    const files = join(folder, 'files');
    await ask('jobs', 'download', String(job.id), files);
    assert.ok((await readdir(files)).includes('README.md'));
    const shown = await run(['jobs', 'show', String(job.id)], { environment });
    assert.match(shown.stdout, /^status +finished$/m);
    assert.match(shown.stdout, /^published +queued@1$/m);
    const unknown = await run([...submitted.slice(0, 3), 'nothing', '--data', 'x'], { environment });
    assert.match(unknown.stderr, /unknown command 'nothing'/);
    const over = await run(['jobs', 'cancel', String(job.id)], { environment });
    assert.match(over.stderr, /is finished: there is nothing to cancel/);
  });

  it('takes any ONNX file as a model, shares its requests, and refuses what would take all memory', async () => {
    const file = join(folder, 'brightness', 'onnx', 'model.onnx');
    const { version, task } = await ask('models', 'push', file, 'any');
    assert.deepEqual([version, task], [1, 'onnx']);
    await ask('models', 'push', join(folder, 'brightness'), 'any');
    await ask('deploy', 'any@1', '--replicas', '1', '--batch-size', '8', '--batch-window', '1');
    const { versions } = (await ask('deploy', 'any@2', '--canary', '25')) as {
      versions: { version: number; share: number }[];
    };
    assert.deepEqual(
      versions.map(({ version, share }) => [version, share]),
      [
        [1, 75],
        [2, 25],
      ],
    );
    const response = await fetch(`${environment.MODELWRIGHT_SERVER}/v2/models/any/versions/1/infer`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${environment.MODELWRIGHT_KEY}` },
      body: JSON.stringify({
        inputs: [{ name: 'image', shape: [1, 1, 1, 1], datatype: 'UINT8', data: [255] }],
      }),
    });
    const { outputs } = (await response.json()) as { outputs: { data: number[] }[] };
    assert.ok(Math.abs(outputs[0]!.data[1]! - brightProbability(1)) < 1e-6);
    const table = await run(['deploy'], { environment });
    assert.match(table.stdout, /any .*75 %/);
    assert.equal((await ask('deploy', 'any@2', '--promote')).version, 2);
    assert.equal((await run(['deploy', 'any@2', '--end'], { environment })).status, 1);
    assert.equal((await run(['deploy', 'any@2', '--end', '--shadow'], { environment })).status, 2);

    const x = input('x', 'float32', [1]);
    const bomb = join(folder, 'bomb.onnx');
    await writeFile(bomb, encodeModel(new Graph([x], [broadcastTo(x, [60_000, 60_000])])));
    const refused = await run(['models', 'push', bomb, 'bomb'], { environment });
    assert.equal(refused.status, 1);
    assert.match(refused.stderr, /bomb\.onnx: .*3600000000 elements/);
    // The same inside a saved model's folder is refused by the platform.
    await saveBrightnessModel(join(folder, 'bomb'));
    await copyFile(bomb, join(folder, 'bomb', 'onnx', 'model.onnx'));
    const sent = await run(['models', 'push', join(folder, 'bomb'), 'bomb'], { environment });
    assert.match(sent.stderr, /3600000000 elements/);
    const { models } = (await ask('models', 'list')) as { models: { name: string }[] };
    assert.ok(!models.some(({ name }) => name === 'bomb'));
  });

  it('makes keys, which may do what their role may', async () => {
    const { key, id } = (await ask('keys', 'create', 'website', '--days', '1')) as {
      key: string;
      id: string;
    };
    const push = ['models', 'push', join(folder, 'brightness'), 'bright'];
    const refused = await run(push, { environment: { ...environment, MODELWRIGHT_KEY: key } });
    assert.equal(refused.status, 1);
    assert.match(refused.stderr, /has the role caller, but this needs developer/);
    assert.equal((await ask(...push, '--alias', 'live', '--tag', 'small')).version, 1);
    await ask('keys', 'revoke', id);
    const revoked = await run(['models', 'list'], { environment: { ...environment, MODELWRIGHT_KEY: key } });
    assert.match(revoked.stderr, /was revoked/);
  });

  it('lets people in, who sign in with the password that they were given', async () => {
    const made = await ask('users', 'create', 'li', '--role', 'admin', '--generate');
    const sign = (password: unknown) =>
      fetch(`${environment.MODELWRIGHT_SERVER}/api/sessions`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ name: 'li', password }),
      });
    assert.equal((await sign(made.password)).status, 201);
    const input = Buffer.from('a password from a file\n');
    const changed = await run(['users', 'password', 'li'], { environment, input });
    assert.match(changed.stdout, /signed out everywhere/);
    assert.equal((await sign(made.password)).status, 401);
    assert.equal((await sign('a password from a file')).status, 201);
    await ask('users', 'role', 'li', 'caller');
    const { users } = (await ask('users', 'list')) as { users: { name: string; role: string }[] };
    assert.deepEqual(
      users.map(({ name, role }) => [name, role]),
      [['li', 'caller']],
    );
    await ask('users', 'remove', 'li');
    const none = await run(['users', 'create', 'zhou'], { environment });
    assert.match(none.stderr, /No password came on standard input/);
  });

  it('backs up what it keeps, once it is stopped, and restores it into a new place', async () => {
    const [own, archive] = [join(folder, 'own'), join(folder, 'backup.tar')];
    const running = start(['up', '--folder', own, '--port', '0', '--json']);
    const [line] = (await once(running.stdout, 'data')) as [Buffer];
    const { url, key } = lastLineJson(line.toString()) as { url: string; key: string };
    const at = { MODELWRIGHT_SERVER: url, MODELWRIGHT_KEY: key };
    await run(['models', 'push', join(folder, 'brightness'), 'bright'], { environment: at });
    const busy = await run(['backup', archive, '--folder', own]);
    assert.match(busy.stderr, /is in use by the process/);
    running.kill('SIGTERM');
    await once(running, 'exit');
    const saved = await run(['backup', archive, '--folder', own, '--json']);
    assert.equal(saved.status, 0, saved.stderr);
    const twice = await run(['backup', archive, '--folder', own]);
    assert.match(twice.stderr, /is there already/);
    const elsewhere = join(folder, 'restored');
    const restored = await run(['restore', archive, '--folder', elsewhere, '--json']);
    const { rows, objects } = lastLineJson(restored.stdout);
    const { rows: rowsBefore, objects: objectsBefore } = lastLineJson(saved.stdout);
    assert.deepEqual([rows, objects], [rowsBefore, objectsBefore]);
    const again = await run(['restore', archive, '--folder', elsewhere]);
    assert.match(again.stderr, /not empty/);
  });

  it('says what is wrong: no platform there, a folder in use, no keys for everybody', async () => {
    const nowhere = await run(['runs', 'list', '--server', 'http://127.0.0.1:1'], { environment });
    assert.match(nowhere.stderr, /does not answer. Is 'modelwright up' running there/);
    const second = await run(['up', '--folder', join(folder, 'platform'), '--port', '0']);
    assert.match(second.stderr, /is in use by the process/);
    const open = await run(['up', '--insecure-local', '--host', '0.0.0.0']);
    assert.equal(open.status, 2);
    assert.match(open.stderr, /listens at this machine alone/);
    const folderThere = await run(['models', 'pull', 'bright', folder], { environment });
    assert.match(folderThere.stderr, /is there already/);
  });
});
