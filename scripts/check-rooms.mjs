// Checks the order of each package: a room may import from the rooms below it, never from one above.
// Also checks that one file alone imports each package that has native code and can be replaced. Prints what is wrong; exits with 1 if anything is.
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The rooms of each package, bottom up. ARCHITECTURE.md says why. */
const houses = {
  'packages/modelwright/src': [
    'graph',
    'onnx',
    'primitives',
    'transforms',
    'runtime',
    'optim',
    'nn',
    'importer',
    'data',
    'report',
    'saved',
    'train',
    'tasks',
  ],
  'packages/platform/src': [
    'store',
    'runs',
    'registry',
    'watching',
    'server',
    'access',
    'serving',
    'jobs',
    'api',
    'client',
    'worker',
    'cli',
  ],
};

/** Packages that one file alone imports. */
const guarded = {
  'onnxruntime-node': 'runtime/ortNode.ts',
  'onnxruntime-web': 'runtime/ortWeb.ts',
  usearch: 'tasks/image-similarity/hnsw.ts',
};

/** Files for tests: they may import from anywhere. */
const forTests = /(^|\/)testing(\/|\.ts$)|\.test\.ts$|(^|\/)conformance\w*\.ts$/;

const root = fileURLToPath(new URL('..', import.meta.url));
const imports = /^(?:import|export)\b[^'";]*'([^']+)'|\bimport\('([^']+)'\)/gm;
const violations = Object.entries(houses).flatMap(([house, rooms]) => check(join(root, house), rooms));
for (const violation of violations) console.log(violation);
const count = Object.values(houses).flat().length;
console.log(
  violations.length === 0 ? `The ${count} rooms are in order.` : `${violations.length} violation(s).`,
);
process.exitCode = violations.length === 0 ? 0 : 1;

function check(source, rooms) {
  const found = [];
  for (const entry of readdirSync(source, { recursive: true }).sort()) {
    const file = entry.replaceAll('\\', '/');
    if (!file.endsWith('.ts') || forTests.test(file)) continue;
    const room = file.split('/')[0];
    const inside = file.includes('/');
    if (inside && !rooms.includes(room)) found.push(`${file}: '${room}' is no room of the house`);
    const code = readFileSync(join(source, file), 'utf8');
    for (const [, declared, loaded] of code.matchAll(imports)) {
      const target = declared ?? loaded;
      for (const [name, owner] of Object.entries(guarded)) {
        if ((target === name || target.startsWith(`${name}/`)) && file !== owner) {
          found.push(`${file} imports ${target}: only ${owner} may`);
        }
      }
      if (!target.startsWith('.') || !inside) continue;
      const other = posix.join(posix.dirname(file), target).split('/')[0];
      if (rooms.indexOf(other) > rooms.indexOf(room)) {
        found.push(`${file} imports ${target}: '${other}' lies above '${room}'`);
      }
    }
  }
  return found;
}
