// For tests: the command line as a child process.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('./main.js', import.meta.url));

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts `modelwright` with these arguments. */
export function start(
  args: readonly string[],
  environment: Record<string, string> = {},
): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [main, ...args], { env: { ...process.env, ...environment } });
}

/** What a process that was started writes, and how it ends. */
export async function outcomeOf(child: ChildProcessWithoutNullStreams): Promise<Outcome> {
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, stdout, stderr };
}

/** Runs `modelwright` with these arguments. */
export async function run(
  args: readonly string[],
  options: { input?: Uint8Array; environment?: Record<string, string> } = {},
): Promise<Outcome> {
  const child = start(args, options.environment);
  child.stdin.end(options.input ?? '');
  return outcomeOf(child);
}

/** The JSON object on the last line of a text. */
export function lastLineJson(text: string): Record<string, unknown> {
  return JSON.parse(text.trimEnd().split('\n').at(-1)!) as Record<string, unknown>;
}
