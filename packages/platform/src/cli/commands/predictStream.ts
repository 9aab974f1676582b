import { type OutputOptions, writeResult } from '../output.js';
import type { CliTask, PredictorOptions } from '../tasks/index.js';

/** What is known of a request for a stream. */
export interface StreamRequest extends OutputOptions {
  readonly directory: string;
  readonly task: CliTask;
  readonly taskName: string;
  readonly options: PredictorOptions;
}

/**
 * Hears standard input as it arrives: raw samples of 16 bits, little-endian, one channel. What has been heard is written at once: for
 * people as text that grows, for programs as a line of JSON each time it changes.
 * @throws Error for a model that does not take sound as it arrives
 */
export async function predictStream({
  directory,
  task,
  taskName,
  options,
  json = false,
}: StreamRequest): Promise<void> {
  if (!task.openStream)
    throw new Error(`This model is for ${taskName}, which takes whole inputs: leave out --stream.`);
  const stream = await task.openStream(directory, options);
  let known = '';
  const tell = (text: string): void => {
    if (text === known) return;
    if (json) process.stdout.write(`${JSON.stringify({ partial: text })}\n`);
    else process.stdout.write(text.startsWith(known) ? text.slice(known.length) : `\n${text}`);
    known = text;
  };
  for await (const bytes of process.stdin) tell(await stream.write(bytes as Buffer));
  const { json: result, text } = await stream.end();
  if (json) {
    writeResult({ json }, { model: directory, task: taskName, ...result }, () => text);
    return;
  }
  if (options.speech?.timestamps) process.stdout.write(`\n${text}\n`);
  else {
    tell(text);
    process.stdout.write('\n');
  }
}
