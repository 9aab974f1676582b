import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TrainEvent, TrainResult } from 'modelwright/tasks';
import type { ClientOptions } from '../client/client.js';
import { readableFiles } from '../client/readable.js';
import type { JsonObject } from '../store/schema.js';
import { oneLine } from './errors.js';
import { writeNote } from './output.js';

/** What is told of a training that a platform keeps. */
export interface TrackedTraining {
  readonly task: string;
  readonly name: string;
  /** The options of the command. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Name of the model to publish it as. */
  readonly publish?: string | undefined;
}

/** A training that a platform keeps. */
export interface Tracking {
  readonly onEvent: (event: TrainEvent) => void;
  finish(result: TrainResult, interrupted: boolean): Promise<void>;
  fail(error: unknown): Promise<void>;
}

/** Begins to keep a training. @throws ClientError when the platform does not answer, before any time is spent on training */
export async function trackTraining(options: ClientOptions, training: TrackedTraining): Promise<Tracking> {
  const [{ PlatformClient }, { RunRecorder }, { remoteRuns }] = await Promise.all([
    import('../client/client.js'),
    import('../client/recorder.js'),
    import('../client/sink.js'),
  ]);
  const client = new PlatformClient(options);
  const recorder = await RunRecorder.begin(remoteRuns(options), {
    name: training.name,
    task: training.task,
    parameters: JSON.parse(JSON.stringify(training.parameters)) as JsonObject,
    onFault: (error) => writeNote(`The run is no longer kept: ${error.message}`),
  });
  writeNote(`The run is ${recorder.id} on ${client.server}.`);
  return {
    onEvent: recorder.onEvent,
    async finish({ out, metrics }, interrupted) {
      recorder.result(metrics);
      for (const name of await readableFiles(out)) {
        await recorder.file(name, await readFile(join(out, name)));
      }
      await recorder.end(interrupted ? 'interrupted' : 'finished');
      if (training.publish === undefined || interrupted) return;
      const { version } = await client.publish(training.publish, out, { run: recorder.id });
      writeNote(`Published as version ${version} of ${training.publish}.`);
    },
    fail: (error) => recorder.end('failed', oneLine(error)),
  };
}
