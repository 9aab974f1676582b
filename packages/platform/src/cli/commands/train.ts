import type { Command } from 'commander';
import type { TrainEvent, TrainResult } from 'modelwright/tasks';
import { addConnection, type ConnectionOptions } from '../connection.js';
import { exitStatus, SilentFailure } from '../errors.js';
import { examples } from '../help.js';
import { onInterrupt } from '../interrupt.js';
import { metricsText, writeNote, writeResult } from '../output.js';
import { type CliTask, tasks } from '../tasks/index.js';
import { trackTraining } from '../tracking.js';

/** `modelwright train TASK`: a subcommand for each task. */
export function addTrain(program: Command): void {
  const train = program.command('train').description('train a model on your data and save it');
  for (const [name, task] of tasks) {
    const command = train.command(name).description(task.description);
    addConnection(task.addTrainOptions(command).optionsGroup('Options for keeping it on a platform:'))
      .option('--track', 'keep the run on the platform')
      .option('--run-name <name>', 'what the run is called (default: the folder of the model)')
      .option('--publish <name>', 'publish what is trained as the next version of a model; implies --track');
    command.addHelpText('after', examples(task.trainExamples));
    command.action((options: TrainCommandOptions) => runTraining(name, task, options));
  }
  train.addHelpText('after', examples([...tasks.values()].flatMap(({ trainExamples }) => trainExamples)));
}

interface TrainCommandOptions extends ConnectionOptions {
  readonly out: string;
  readonly track?: boolean;
  readonly runName?: string;
  readonly publish?: string;
}

async function runTraining(
  name: string,
  task: CliTask,
  { json, server, key, track, runName, publish, ...options }: TrainCommandOptions,
): Promise<void> {
  const { TrainingProgress } = await import('../trainingProgress.js');
  const progress = new TrainingProgress();
  const stop = new AbortController();
  const done = onInterrupt(() => {
    writeNote('Stopping after this step; interrupt again to stop at once.');
    stop.abort();
  });
  const tracked =
    (track || publish !== undefined) &&
    (await trackTraining(
      { ...(server && { server }), ...(key && { key }) },
      { task: name, name: runName ?? options.out, parameters: options, publish },
    ));
  const onEvent = (event: TrainEvent): void => {
    progress.onEvent(event);
    if (tracked) tracked.onEvent(event);
  };
  let result: TrainResult;
  try {
    result = await task.train(options, { onEvent, signal: stop.signal });
    if (tracked) await tracked.finish(result, stop.signal.aborted);
  } catch (error) {
    if (tracked) await tracked.fail(error);
    throw error;
  } finally {
    progress.close();
    done();
  }
  writeResult({ ...(json && { json }) }, result, () => resultText(result));
  if (stop.signal.aborted) {
    writeNote('The training was interrupted. The same command with --resume goes on from here.');
    throw new SilentFailure(exitStatus.interrupted);
  }
}

function resultText({ metrics, seconds, epochs, out }: TrainResult): string {
  return (
    `Saved ${out} after ${epochs} ${epochs === 1 ? 'epoch' : 'epochs'} and ${seconds.toFixed(1)} s: ${metricsText(metrics)}\n` +
    `Try it: modelwright serve ${out}`
  );
}
