// The contestant's side of the benchmark protocol: one JSON object a line, commands on stdin, answers on stdout.
import { createInterface } from 'node:readline';

/** Thrown by a row's maker to say why this contestant does not run the row. */
export class Skip extends Error {}

/**
 * Announces the contestant and answers the runner's commands until `exit`.
 *
 * `rows` maps a row's name to an async maker, which builds the row's work and gives `{ step, ahead?, release? }`:
 * `step()` does the work once and gives the loss (or, for prediction, any number made from the output). With `ahead` a step is
 * begun before the one before it is done; a turn still begins and ends with nothing under way.
 */
export async function serve({ name, version, threads, rows }) {
  let work;
  const answers = {
    async prepare({ row }) {
      if (!rows[row]) throw new Skip(`${name} has no row '${row}'`);
      const start = performance.now();
      work = await rows[row]();
      const loss = await work.step();
      return { ok: true, compileSeconds: (performance.now() - start) / 1000, loss };
    },
    async run({ steps }) {
      const milliseconds = [];
      let loss;
      let last = performance.now();
      let underway = work.step();
      for (let left = steps - 1; left >= 0; left--) {
        const next = left > 0 && work.ahead ? work.step() : undefined;
        loss = await underway;
        const now = performance.now();
        milliseconds.push(now - last);
        last = now;
        underway = next ?? (left > 0 ? work.step() : undefined);
      }
      return { milliseconds, loss };
    },
    async release() {
      await work?.release?.();
      work = undefined;
      return { ok: true };
    },
    async exit() {
      return { peakMemoryBytes: process.resourceUsage().maxRSS * 1024 };
    },
  };
  const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);
  say({ ready: { name, version, threads } });
  for await (const line of createInterface({ input: process.stdin })) {
    const command = JSON.parse(line);
    try {
      say(await answers[command.do](command));
    } catch (error) {
      say(error instanceof Skip ? { skip: error.message } : { error: error.stack ?? String(error) });
    }
    if (command.do === 'exit') process.exit(0);
  }
}
