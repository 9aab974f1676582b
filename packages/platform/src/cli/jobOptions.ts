// What jobs can be told: the options of the commands that do the same at once.
import { Command, CommanderError, type Option } from 'commander';
import { InputError } from '../errors.js';
import type { JobKind } from '../store/jobSchema.js';
import type { JsonObject } from '../store/schema.js';
import { addEvaluate } from './commands/evaluate.js';
import { addPredict } from './commands/predict.js';
import { type CliTask, tasks } from './tasks/index.js';

/** Options that are not a user's to give: where data, model and results lie on a worker, what is for a terminal, and what jobs do anyway. */
const managed: Readonly<Record<JobKind, ReadonlySet<string>>> = {
  train: new Set(['data', 'out', 'resume']),
  evaluate: new Set(['data', 'json']),
  predict: new Set(['json', 'stream', 'prompt', 'pictures', 'out', 'exact']),
};

const commands: Readonly<Record<JobKind, (task: CliTask) => Command>> = {
  train: (task) => task.addTrainOptions(new Command()),
  evaluate: () => only(addEvaluate),
  predict: () => only(addPredict),
};

function only(add: (program: Command) => void): Command {
  const program = new Command();
  add(program);
  return program.commands[0]!;
}

/** The options that a job of a kind takes for a task. */
export function jobOptionsOf(kind: JobKind, task: CliTask): readonly Option[] {
  return commands[kind](task).options.filter((option) => !managed[kind].has(option.attributeName()));
}

/** The record of a task. @throws InputError naming the tasks there are */
export function requireTask(name: string): CliTask {
  const task = tasks.get(name);
  if (!task) throw new InputError(`There is no task '${name}'. Tasks: ${[...tasks.keys()].join(', ')}.`);
  return task;
}

/**
 * A job's parameters as options of its task.
 * @throws InputError naming the option that is unknown or wrong
 */
export function parseParameters(
  kind: JobKind,
  taskName: string,
  parameters: JsonObject,
): Readonly<Record<string, unknown>> {
  const options = jobOptionsOf(kind, requireTask(taskName));
  const command = new Command().exitOverride().helpOption(false);
  for (const option of options) command.addOption(option);
  command.configureOutput({ outputError: () => undefined });
  try {
    command.parse(
      Object.entries(parameters).flatMap(([name, value]) => argumentsOf(name, value, options)),
      { from: 'user' },
    );
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    throw new InputError(`${taskName}: ${error.message.replace(/^error: /, '').replaceAll('\n', ' ')}`, {
      cause: error,
    });
  }
  return command.opts();
}

/** A parameter as it is given on the command line. */
function argumentsOf(name: string, value: JsonObject[string], options: readonly Option[]): string[] {
  const flag = `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  const named = options.filter((option) => option.attributeName() === name);
  if (Array.isArray(value)) return value.flatMap((each) => argumentsOf(name, each, options));
  if (typeof value === 'object')
    throw new InputError(`The parameter '${name}' should be a text, a number, a truth or a list of such.`);
  if (value === true) return [flag];
  if (value === false && named.some(({ negate }) => negate)) return [`--no-${flag.slice(2)}`];
  if (value === false && named.length > 0 && named.every((option) => option.isBoolean())) return [];
  return [`${flag}=${value}`];
}

/** What was given on the command line, as parameters of a job. */
export function parametersOf(command: Command, kind: JobKind, task: CliTask): () => JsonObject {
  const given = new Map<string, string[]>();
  const options = jobOptionsOf(kind, task);
  for (const option of options) {
    command.addOption(option);
    command.on(`option:${option.name()}`, (value: string | null | undefined) => {
      if (typeof value !== 'string') return;
      const name = option.attributeName();
      given.set(name, [...(given.get(name) ?? []), value]);
    });
  }
  return () => {
    const parameters: JsonObject = {};
    for (const name of new Set(options.map((option) => option.attributeName()))) {
      if (command.getOptionValueSource(name) !== 'cli') continue;
      const parsed: unknown = command.getOptionValue(name);
      const isPlain = typeof parsed === 'number' || typeof parsed === 'string' || typeof parsed === 'boolean';
      parameters[name] = isPlain ? parsed : given.get(name)!;
    }
    return parameters;
  };
}
