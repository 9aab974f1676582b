// How long `modelwright up` takes until it answers, on an empty folder and on one that is there: prints a line of JSON, seconds of each of 3.
//   node benchmarks/startup.mjs
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../packages/platform/dist/cli/main.js', import.meta.url));
const port = 18_080;

/** Seconds from the command to the first answer of /readyz. */
async function seconds(folder) {
  const start = performance.now();
  const args = [main, 'up', '--folder', folder, '--port', String(port), '--log-level', 'silent'];
  const platform = spawn(process.execPath, args, { stdio: 'ignore' });
  const answers = () =>
    fetch(`http://127.0.0.1:${port}/readyz`).then(
      (response) => response.ok,
      () => false,
    );
  while (!(await answers())) {
    if (platform.exitCode !== null) throw new Error(`'modelwright up' ended with ${platform.exitCode}.`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const took = (performance.now() - start) / 1000;
  platform.kill('SIGTERM');
  await once(platform, 'exit');
  return Number(took.toFixed(2));
}

const found = { empty: [], again: [] };
for (let i = 0; i < 3; i++) {
  const folder = await mkdtemp(join(tmpdir(), 'modelwright-startup-'));
  found.empty.push(await seconds(folder));
  found.again.push(await seconds(folder));
  await rm(folder, { recursive: true });
}
console.log(JSON.stringify(found));
