// How long lists of runs take when there are many: fills a platform with runs of 200 points each, and asks for pages and single runs.
//   node benchmarks/runs.mjs fill FOLDER [COUNT]        DATABASE_URL names a server; without it the database is in the folder
//   node benchmarks/runs.mjs measure FOLDER             prints a line of JSON: milliseconds, median and largest of 20
import { performance } from 'node:perf_hooks';
import { addPoints, createRun, endRun } from '../packages/platform/dist/runs/record.js';
import { openService } from '../packages/platform/dist/service.js';

const [mode, folder, count = '5000'] = process.argv.slice(2);
const { DATABASE_URL: databaseUrl } = process.env;
const service = await openService({ folder, insecure: true, databaseUrl });
const { db } = service.store;
const began = Date.now();

async function fill() {
  for (let i = 0; i < Number(count); i++) {
    const task = i % 2 ? 'image-classification' : 'text-classification';
    const run = {
      project: 'default',
      name: `run ${i}`,
      task,
      tags: [`t${i % 10}`],
      parameters: { epochs: 3, i },
    };
    const id = await createRun(db, run); // now, so that it does not count as lost
    const points = Array.from({ length: 200 }, (_, j) => ({
      metric: j % 2 ? 'loss' : 'accuracy',
      step: (j >> 1) + 1,
      value: Math.abs(Math.sin(i * 200 + j)),
      at: new Date(began + i * 60_000 + j * 100),
    }));
    await addPoints(db, id, points);
    await endRun(db, id, i % 7 ? 'finished' : 'failed');
    if (i % 500 === 499) console.error(`${i + 1} runs`);
  }
}

async function ask(path) {
  const response = await service.fetch(new Request(`http://localhost/api${path}`));
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return JSON.parse(await response.text());
}

async function measure() {
  const { runs } = await ask('/runs');
  const one = runs[25].id;
  const questions = {
    list: '/runs',
    'list of 200': '/runs?limit=200',
    'last page': '/runs?after=p4950',
    'best first': '/runs?metric=loss&mode=min',
    search: '/runs?search=4321',
    tag: '/runs?tag=t3',
    'status and task': '/runs?status=failed&task=text-classification',
    'one run': `/runs/${one}`,
    curve: `/runs/${one}/metrics/loss`,
  };
  const found = {};
  for (const [name, path] of Object.entries(questions)) {
    const times = [];
    for (let i = 0; i < 20; i++) {
      const start = performance.now();
      await ask(path);
      times.push(performance.now() - start);
    }
    times.sort((a, b) => a - b);
    found[name] = [times[10], times[19]].map((time) => Number(time.toFixed(1)));
  }
  console.log(JSON.stringify({ database: databaseUrl ? 'PostgreSQL' : 'PGlite', ...found }));
}

await (mode === 'fill' ? fill() : measure());
await service.close();
