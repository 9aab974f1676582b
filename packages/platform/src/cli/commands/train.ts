import type { Command } from 'commander';
import type { TrainResult } from 'modelwright/tasks';
import { exitStatus, SilentFailure } from '../errors.js';
import { examples } from '../help.js';
import { onInterrupt } from '../interrupt.js';
import { metricsText, type OutputOptions, writeNote, writeResult } from '../output.js';
import { type CliTask, tasks } from '../tasks/index.js';

/** `modelwright train TASK`: a subcommand for each task. */
export function addTrain(program: Command): void {
  const train = program.command('train').description('train a model on your data and save it');
  for (const [name, task] of tasks) {
    const command = train.command(name).description(task.description);
    task.addTrainOptions(command).option('--json', 'end with one line of JSON');
    command.addHelpText('after', examples(task.trainExamples));
    command.action((options: OutputOptions) => runTraining(task, options));
  }
  train.addHelpText('after', examples([...tasks.values()].flatMap(({ trainExamples }) => trainExamples)));
}

async function runTraining(task: CliTask, { json, ...options }: OutputOptions): Promise<void> {
  const { TrainingProgress } = await import('../trainingProgress.js');
  const progress = new TrainingProgress();
  const stop = new AbortController();
  const done = onInterrupt(() => {
    writeNote('Stopping after this step; interrupt again to stop at once.');
    stop.abort();
  });
  let result: TrainResult;
  try {
    result = await task.train(options, { onEvent: progress.onEvent, signal: stop.signal });
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
