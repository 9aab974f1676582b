// The processes of the crash test: each is killed outright at any moment, and started again as a supervisor would.
import { execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const cli = fileURLToPath(new URL('../../packages/platform/bin/modelwright.js', import.meta.url));

/** What runs, to be ended with this process however it ends. */
const running = new Set();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));

/** A process that is started again whenever it ends, until it is stopped. */
export class Supervised {
  #child;
  #isOpen = true;
  #start;
  #pause;
  starts = 0;
  /** The last lines that it wrote. */
  lines = [];

  constructor(start, pause = 500) {
    this.#start = start;
    this.#pause = pause;
    this.#begin();
  }

  get pid() {
    return this.#child?.pid;
  }

  #begin() {
    this.starts++;
    const child = this.#start();
    this.#child = child;
    running.add(child);
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text) => {
        this.lines.push(...text.trimEnd().split('\n'));
        this.lines.splice(0, this.lines.length - 200);
      });
    child.once('exit', async () => {
      this.#child = undefined;
      running.delete(child);
      await wait(this.#pause);
      if (this.#isOpen) this.#begin();
    });
  }

  /** Ends it outright. @returns whether it was there */
  kill() {
    return this.#child?.kill('SIGKILL') ?? false;
  }

  async stop(signal = 'SIGTERM') {
    this.#isOpen = false;
    const child = this.#child;
    if (!child) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await ended;
  }
}

export const runCli = (args, environment) => () =>
  spawn(process.execPath, [cli, ...args], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });

/** A port that is free now. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** A PostgreSQL server of its own in a folder, run by the user postgres where this one may not. */
export async function startPostgres(folder) {
  const bin = [process.env.PG_BIN, ...versions()].find((each) => each && existsSync(join(each, 'initdb')));
  if (!bin) throw new Error('There is no PostgreSQL here (Debian: apt-get install postgresql). See PG_BIN.');
  const isRoot = process.getuid?.() === 0;
  const uid = isRoot ? Number(execFileSync('id', ['-u', 'postgres'], { encoding: 'utf8' })) : undefined;
  if (isRoot) chownSync(folder, uid, uid);
  const data = join(folder, 'data');
  const as = isRoot ? { uid, gid: uid } : {};
  execFileSync(join(bin, 'initdb'), ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8'], {
    ...as,
    cwd: folder,
    stdio: 'ignore',
  });
  const port = await freePort();
  const args = ['-D', data, '-p', String(port), '-k', folder, '-c', 'listen_addresses=127.0.0.1'];
  const server = new Supervised(
    () => spawn(join(bin, 'postgres'), args, { ...as, cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] }),
    1000,
  );
  return { server, url: `postgres://postgres@127.0.0.1:${port}/postgres` };
}

function versions() {
  const root = '/usr/lib/postgresql';
  return existsSync(root) ? readdirSync(root).map((version) => join(root, version, 'bin')) : [];
}

/** Processes that do jobs and have nobody any more who would tell of them. Linux alone. */
export function orphans(folder) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const isJob = readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('jobMain');
        const parent = /^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
        return isJob && parent === '1' && readFileSync(`/proc/${pid}/environ`, 'utf8').includes(folder);
      } catch {
        return false; // it has ended
      }
    });
}
