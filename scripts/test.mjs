// Runs the compiled tests and the benchmark runner's with Node's test runner. Arguments narrow the run to files whose path
// contains one of them. The last line is 'N passed, N failed, N skipped'.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

const wanted = process.argv.slice(2);
const built = ['packages/modelwright/dist', 'packages/platform/dist'];
const missing = built.filter((root) => !existsSync(root));
if (missing.length > 0) {
  console.error(`${missing.join(' and ')} not there: run 'npm run build' first.`);
  process.exit(1);
}
const files = [...built, 'benchmarks']
  .flatMap(list)
  .filter((file) => /\.test\.m?js$/.test(file) && !file.includes('node_modules'))
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
  .sort();
if (files.length === 0) {
  console.error(`No test file matches ${wanted.join(' ')}.`);
  process.exit(1);
}

function list(folder) {
  return readdirSync(folder, { recursive: true }).map((file) => join(folder, file));
}

process.env.NODE_OPTIONS = `${process.env.NODE_OPTIONS ?? ''} --enable-source-maps`.trim();
const counts = { pass: 0, fail: 0, cancelled: 0, todo: 0 };
const skipped = [];
// A file that takes this long waits for what does not come.
const tests = run({ files, concurrency: 2, timeout: 10 * 60_000 });
tests.on('test:diagnostic', ({ message, nesting }) => {
  const [, name, count] = /^(\w+) (\d+)$/.exec(message) ?? [];
  if (nesting === 0 && name in counts) counts[name] = Number(count);
});
tests.on('test:pass', ({ name, skip }) => {
  if (skip !== undefined)
    skipped.push(`${name}: ${typeof skip === 'string' && skip !== '' ? skip : 'no reason given'}`);
});
const report = tests.compose(spec);
report.pipe(process.stdout);
report.on('end', () => {
  const failed = counts.fail + counts.cancelled;
  if (skipped.length > 0) console.log(`\nSkipped:\n${skipped.map((line) => `  ${line}`).join('\n')}`);
  console.log(`\n${counts.pass} passed, ${failed} failed, ${skipped.length + counts.todo} skipped`);
  process.exitCode = failed === 0 && counts.pass > 0 ? 0 : 1;
});
