import { Command, CommanderError } from 'commander';
import { version } from '../version.js';
import { addBackup } from './commands/backup.js';
import { addData } from './commands/data.js';
import { addDeploy } from './commands/deploy.js';
import { addDrift } from './commands/drift.js';
import { addEvaluate } from './commands/evaluate.js';
import { addInfo } from './commands/info.js';
import { addJobs } from './commands/jobs.js';
import { addKeys } from './commands/keys.js';
import { addLogs } from './commands/logs.js';
import { addModels } from './commands/models.js';
import { addPredict } from './commands/predict.js';
import { addRuns } from './commands/runs.js';
import { addServe } from './commands/serve.js';
import { addTrain } from './commands/train.js';
import { addUp } from './commands/up.js';
import { addQuotas, addUsage } from './commands/usage.js';
import { addUsers } from './commands/users.js';
import { addWorker } from './commands/worker.js';
import { exitStatus, oneLine, SilentFailure } from './errors.js';
import { examples } from './help.js';

function createProgram(): Command {
  const program = new Command('modelwright')
    .description('Train, evaluate and serve neural networks.')
    .version(version, '-V, --version', 'print the version')
    .addHelpText(
      'after',
      examples([
        'modelwright train image-classification --data photos/ --out models/photos',
        'modelwright evaluate models/photos --data photos-test/',
        'modelwright predict models/photos cat.jpg',
        'modelwright serve models/photos',
        'modelwright up',
      ]),
    );
  const commands = [addTrain, addEvaluate, addPredict, addServe, addInfo, addData];
  const platform = [
    ...[addUp, addWorker, addJobs, addLogs, addRuns, addModels, addDeploy],
    ...[addKeys, addUsers, addQuotas, addUsage, addBackup, addDrift],
  ];
  for (const add of [...commands, ...platform]) add(program);
  forAll(program, (command) => {
    command
      .helpCommand(false)
      .exitOverride()
      .configureOutput({
        outputError: (text, write) => write(text.replace(/^error: /, 'modelwright: ')),
      });
  });
  return program;
}

function forAll(command: Command, change: (command: Command) => void): void {
  change(command);
  for (const child of command.commands) forAll(child, change);
}

/**
 * Runs the command line. Errors become one line on standard error (with the stack where MODELWRIGHT_DEBUG is set), and with
 * `--json` also `{"error"}` on standard output.
 * @returns the exit status
 */
export async function run(args: readonly string[]): Promise<number> {
  try {
    await createProgram().parseAsync(args, { from: 'user' });
    return exitStatus.success;
  } catch (error) {
    if (error instanceof SilentFailure) return error.status;
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitStatus.success : exitStatus.usage;
    const text = process.env.MODELWRIGHT_DEBUG && error instanceof Error ? error.stack : oneLine(error);
    process.stderr.write(`modelwright: ${text}\n`);
    if (args.includes('--json')) process.stdout.write(`${JSON.stringify({ error: oneLine(error) })}\n`);
    return exitStatus.failure;
  }
}
