// One row: all contestants in turn, round after round, each in a fresh process.
import { setTimeout as pause } from 'node:timers/promises';
import { Contestant } from './contestant.mjs';

const warmUpMilliseconds = 500;
const slowMilliseconds = 10_000; // a step that takes longer is not repeated more than need be
const timeoutSeconds = 900;
const pauseMilliseconds = 50; // lets the last contestant's spinning threads fall asleep

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** How many rounds a contestant takes part in, and how many steps it does in each. */
export function plan(stepMilliseconds, { seconds, rounds }) {
  const steps = Math.max(1, Math.round((seconds * 1000) / rounds / stepMilliseconds));
  return { rounds: stepMilliseconds > slowMilliseconds ? Math.min(rounds, 2) : rounds, steps };
}

/**
 * Measures one row. `seconds` is each contestant's timed share. Gives a map from contestant's name to its result:
 * `{ skip }`, or `{ medianMilliseconds, roundMedians, steps, compileSeconds, firstLoss, lastLoss, peakMemoryBytes, version, threads }`.
 */
export async function measureRow(row, contestants, options) {
  const results = {};
  const entries = [];
  for (const { name, command, args, missing } of contestants) {
    results[name] = missing ? { skip: missing } : {};
    if (!missing)
      entries.push({ result: results[name], process: new Contestant({ command, args }, timeoutSeconds) });
  }
  const everyone = async (work) => {
    for (const entry of entries.filter(({ result }) => !result.skip)) {
      await pause(pauseMilliseconds);
      try {
        await work(entry);
      } catch (error) {
        entry.result.skip = `failed: ${error.message}`;
        entry.process.kill();
      }
    }
  };
  try {
    await everyone((entry) => prepare(entry, row));
    await everyone((entry) => warmUp(entry, options));
    for (let round = 0; round < options.rounds; round++) {
      await everyone((entry) => takeTurn(entry, round));
      entries.push(...entries.splice(0, 1)); // another one begins the next round
    }
    await everyone(conclude);
  } finally {
    for (const entry of entries) entry.process.kill();
  }
  return results;
}

async function prepare({ process, result }, row) {
  const { version, threads } = await process.ready;
  const { skip, compileSeconds, loss } = await process.ask({ do: 'prepare', row: row.name });
  Object.assign(result, skip ? { skip } : { version, threads, compileSeconds, firstLoss: loss });
}

async function warmUp(entry, options) {
  const steps = async (count) => (await entry.process.ask({ do: 'run', steps: count })).milliseconds;
  let [estimate] = await steps(1);
  if (estimate < slowMilliseconds) {
    const count = Math.min(200, Math.max(3, Math.round(warmUpMilliseconds / estimate)));
    estimate = median(await steps(count));
  }
  entry.plan = plan(estimate, options);
  entry.times = [];
}

/** The first of several steps in a turn is not counted: it finds its threads asleep and the caches another's. */
async function takeTurn(entry, round) {
  if (round >= entry.plan.rounds) return;
  const unmeasured = entry.plan.steps > 1 ? 1 : 0;
  const answer = await entry.process.ask({ do: 'run', steps: entry.plan.steps + unmeasured });
  entry.times.push(answer.milliseconds.slice(unmeasured));
  entry.result.lastLoss = answer.loss;
}

async function conclude({ process, result, times }) {
  result.medianMilliseconds = median(times.flat());
  result.roundMedians = times.map(median);
  result.steps = times.flat().length;
  await process.ask({ do: 'release' });
  Object.assign(result, await process.ask({ do: 'exit' }));
}
