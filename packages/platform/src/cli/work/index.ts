import type { JobKind, JobResult } from '../../store/jobSchema.js';
import { withinRoot } from '../../worker/dataRoot.js';
import type { Assignment } from '../../worker/protocol.js';
import { jobOptionsOf, parseParameters } from '../jobOptions.js';
import { PathOption } from '../pathOption.js';
import { type CliTask, taskOf } from '../tasks/index.js';
import { evaluateJob } from './evaluate.js';
import { predictJob } from './predict.js';
import { trainJob } from './train.js';
import type { Work, WorkHooks } from './work.js';

const kinds: Readonly<Record<JobKind, (work: Work, hooks: WorkHooks) => Promise<JobResult | undefined>>> = {
  train: trainJob,
  evaluate: evaluateJob,
  predict: predictJob,
};

/** Does what a job asks for. @returns what came of it; undefined when it was stopped */
export async function doAssignment(assignment: Assignment, hooks: WorkHooks): Promise<JobResult | undefined> {
  const { kind, task } = assignment;
  const record = taskOf(task);
  return kinds[kind]({ ...assignment, record, options: await optionsOf(assignment, record) }, hooks);
}

/** The parameters as options; those that are paths within the folder that the worker takes data from. @throws Error for others */
async function optionsOf(
  { kind, task, parameters, dataRoot }: Assignment,
  record: CliTask,
): Promise<Record<string, unknown>> {
  const options = { ...parseParameters(kind, task, parameters) };
  for (const option of jobOptionsOf(kind, record)) {
    const name = option.attributeName();
    const { [name]: value } = options;
    if (typeof value === 'string' && option instanceof PathOption)
      options[name] = await withinRoot(value, dataRoot);
  }
  return options;
}
