// Times Modelwright and its peers side by side. See README.md, or --help.
import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { contestants as everyContestant } from './contestants/index.mjs';
import { measureRow } from './measure.mjs';
import { toMarkdown, writeSection } from './report.mjs';
import { rows as everyRow } from './rows.mjs';

const help = `npm run bench -- [options]

  --rows a,b          only these rows (all but the large ones)
  --contestants a,b   only these contestants, the first of which the others are compared with (all but those on a GPU)
  --rounds n          turns of each contestant in a row (5)
  --seconds n         time measured for each contestant in a row (3)
  --json file         write every number, after each row
  --write             update benchmarks/RESULTS.md
  --list              name the rows and the contestants

PEERS names the folder of a Python environment with PyTorch; Keras/TensorFlow is looked for in $PEERS-tf, TF.js in $PEERS-tfjs.`;

function fail(message) {
  console.error(message);
  process.exit(1);
}

/** Those of `all` that are named in the comma-separated `names`, or all that need not be named. */
function chosen(kind, all, names) {
  if (names === undefined) return all.filter(({ onlyNamed }) => !onlyNamed);
  return names
    .split(',')
    .map(
      (name) =>
        all.find((one) => one.name === name) ??
        fail(`--${kind}: there is no '${name}'. Choose from ${all.map((one) => one.name).join(', ')}.`),
    );
}

function positive(name, text) {
  const value = Number(text);
  return value > 0 ? value : fail(`--${name}: '${text}' is not a number above 0.`);
}

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string' },
    contestants: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    json: { type: 'string' },
    write: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log(help);
  process.exit(0);
}
const rows = chosen('rows', everyRow, options.rows);
const known = everyContestant(process.env.PEERS);
const contestants = chosen('contestants', known, options.contestants);
if (options.list) {
  for (const { name, title, what } of everyRow) console.log(`${name.padEnd(22)}${title}: ${what}`);
  for (const { name, title, missing } of known) {
    console.log(`${name.padEnd(22)}${title}${missing ? ` (not here: ${missing})` : ''}`);
  }
  process.exit(0);
}

const rounds = Math.ceil(positive('rounds', options.rounds));
const seconds = positive('seconds', options.seconds);
const machine = {
  date: new Date().toISOString().slice(0, 16).replace('T', ' '),
  command: ['npm run bench --', ...process.argv.slice(2)].join(' '),
  cpu: cpus()[0].model.trim(),
  cores: availableParallelism(),
  memoryGigabytes: Math.round(totalmem() / 2 ** 30),
  system: `${type()} ${release()}`,
  node: process.version,
  load: loadavg()[0].toFixed(2),
};
for (const { title, missing } of contestants) {
  if (missing) console.error(`${title} takes no part: ${missing}`);
}
const report = {
  machine,
  rounds,
  seconds,
  contestants: contestants.map(({ name, title }) => ({ name, title })),
  rows: [],
};
for (const row of rows) {
  console.error(`${row.title} ...`);
  report.rows.push({ ...row, results: await measureRow(row, contestants, { rounds, seconds }) });
  if (options.json) writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
}

const markdown = toMarkdown(report);
console.log(`\n${markdown}`);
if (options.write) writeSection(join(import.meta.dirname, 'RESULTS.md'), markdown);
