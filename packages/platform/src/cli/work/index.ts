import type { JobKind, JobResult } from '../../store/jobSchema.js';
import type { Assignment } from '../../worker/protocol.js';
import { parseParameters } from '../jobOptions.js';
import { taskOf } from '../tasks/index.js';
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
  const { kind, task, parameters } = assignment;
  const record = taskOf(task);
  return kinds[kind]({ ...assignment, record, options: parseParameters(kind, task, parameters) }, hooks);
}
