// Runs the examples of the README and the documents: TypeScript is type-checked against the built packages and run, shell
// blocks are run in the same folder, in order. Arguments narrow it to pages whose path contains one of them.
// A comment before a block says what is special about it, `<!-- example: ... -->`, parts separated by semicolons:
//   skip REASON        it is not run and not checked
//   check REASON       it is type-checked, not run
//   needs VARIABLE     it is run only where this environment variable is set
//   continues          it goes on where the block before it stopped, as one program
//   background         (shell) it goes on running until the page ends; the next block starts once it prints an address
//   A -> B             B is run where the page says A, to make it short
// The last line is 'N examples passed, N failed, N skipped'.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { codeOf, readExamples } from './examples.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const work = join(root, '.cache', 'examples');
const minutes = 5;
const wanted = process.argv.slice(2);
/** Whose examples are those of another page. */
const translationOf = (page) => page.replace('README.zh-CN.md', 'README.md').replace('docs/zh/', 'docs/');
const pages = [
  'README.md',
  'README.zh-CN.md',
  'CONTRIBUTING.md',
  ...pagesOf('docs'),
  ...pagesOf('packages'),
].filter((page) => wanted.length === 0 || wanted.some((part) => page.includes(part)));

function pagesOf(folder) {
  return readdirSync(join(root, folder), { recursive: true })
    .map((file) => `${folder}/${file}`)
    .filter((file) => file.endsWith('.md') && !/node_modules|\/dist\/|\/\.out-/.test(file))
    .sort();
}

rmSync(work, { recursive: true, force: true });
mkdirSync(join(work, 'bin'), { recursive: true });
writeFileSync(join(work, 'package.json'), '{ "type": "module" }\n');
const command = join(root, 'packages', 'platform', 'bin', 'modelwright.js');
writeFileSync(join(work, 'bin', 'modelwright'), `#!/bin/sh\nexec "${process.execPath}" "${command}" "$@"\n`, {
  mode: 0o755,
});
const environment = {
  ...process.env,
  PATH: [join(work, 'bin'), join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter),
};

const readPage = (page) => readExamples(page, readFileSync(join(root, page), 'utf8'));
const examples = pages.filter((page) => translationOf(page) === page).flatMap(readPage);
const faults = typeCheck(examples.filter(({ language, skip }) => language === 'ts' && !skip));
const counts = { passed: 0, failed: 0, skipped: 0 };
for (const page of pages) {
  if (translationOf(page) !== page) compareTranslation(page);
  else
    await runPage(
      page,
      examples.filter((example) => example.page === page),
    );
}
console.log(`${counts.passed} examples passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = counts.failed === 0 ? 0 : 1;

/** Compiles all examples at once. Gives what the compiler says, by the example's name. */
function typeCheck(programs) {
  for (const { name, code } of programs) writeFileSync(join(work, `${name}.ts`), `${code}\nexport {};\n`);
  const options = {
    composite: false,
    incremental: false,
    declaration: false,
    declarationMap: false,
    noEmitOnError: false,
  };
  const unused = { noUnusedLocals: false, noUnusedParameters: false };
  const config = {
    extends: '../../tsconfig.base.json',
    compilerOptions: {
      ...options,
      ...unused,
      lib: ['es2023', 'esnext.disposable', 'dom'],
      rootDir: '.',
      outDir: 'out',
    },
    files: programs.map(({ name }) => `${name}.ts`),
  };
  writeFileSync(join(work, 'tsconfig.json'), JSON.stringify(config));
  const found = new Map();
  if (programs.length === 0) return found;
  const { stdout } = spawnSync(join(root, 'node_modules', '.bin', 'tsc'), ['-p', work], {
    encoding: 'utf8',
    cwd: work,
  });
  let name;
  for (const line of stdout.split('\n')) {
    name = /^([\w-]+)\.ts\(/.exec(line)?.[1] ?? name;
    if (name && line !== '') found.set(name, `${found.get(name) ?? ''}${line}\n`);
  }
  return found;
}

/** A translation has the code of the page that it translates, to the letter. */
function compareTranslation(page) {
  const [own, original] = [page, translationOf(page)].map((each) =>
    codeOf(readFileSync(join(root, each), 'utf8')),
  );
  const same = own === original;
  counts[same ? 'passed' : 'failed'] += 1;
  console.log(
    `${same ? 'ok     ' : 'FAILED '}  ${page}  ${same ? 'has' : 'has not'} the examples of ${translationOf(page)}`,
  );
}

async function runPage(page, ofPage) {
  const folder = join(work, 'run', page.replaceAll(/\W+/g, '-'));
  mkdirSync(folder, { recursive: true });
  const background = [];
  try {
    for (const example of ofPage) {
      const { outcome, said } = await runExample(example, folder, background);
      counts[outcome] += 1;
      const label = `${page}:${example.line}  ${example.language}`;
      console.log(
        `${{ passed: 'ok     ', failed: 'FAILED ', skipped: 'skipped' }[outcome]}  ${label}${said}`,
      );
    }
  } finally {
    for (const child of background) if (child.pid) process.kill(-child.pid, 'SIGTERM');
  }
}

async function runExample({ name, language, code, skip, check, needs, inBackground }, folder, background) {
  if (skip) return { outcome: 'skipped', said: `  (${skip})` };
  const fault = faults.get(name);
  if (fault) return { outcome: 'failed', said: `\n${fault}` };
  if (check) return { outcome: 'passed', said: `  (types only: ${check})` };
  if (needs && !process.env[needs])
    return { outcome: 'skipped', said: `  (types are right; ${needs} is not set)` };
  if (inBackground) return startShell(code, folder, background);
  const started = performance.now();
  const [program, args] =
    language === 'ts' ? [process.execPath, [join(work, 'out', `${name}.js`)]] : ['bash', ['-euc', code]];
  const { status, signal, stdout, stderr } = spawnSync(program, args, {
    cwd: folder,
    env: environment,
    encoding: 'utf8',
    timeout: minutes * 60_000,
    killSignal: 'SIGKILL',
  });
  if (status === 0)
    return { outcome: 'passed', said: `  ${((performance.now() - started) / 1000).toFixed(1)} s` };
  const reason = signal ? `ended by ${signal}, perhaps after ${minutes} minutes` : `exit status ${status}`;
  return { outcome: 'failed', said: `  ${reason}\n${`${stdout}${stderr}`.slice(-3000)}` };
}

/** Starts a command that goes on, and waits until it says at which address it listens. */
function startShell(code, folder, background) {
  const child = spawn('bash', ['-euc', code], { cwd: folder, env: environment, detached: true });
  background.push(child);
  return new Promise((resolve) => {
    let said = '';
    const end = (outcome, text) => {
      clearTimeout(timer);
      resolve({ outcome, said: text });
    };
    const timer = setTimeout(() => end('failed', `  no address after 60 s\n${said}`), 60_000);
    const listen = (chunk) => {
      said += chunk;
      if (said.includes('http://')) end('passed', '  listening');
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    child.on('exit', (status) => end('failed', `  ended with status ${status}\n${said}`));
  });
}
