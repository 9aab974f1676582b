// What goes over the wire of jobs, described once.
import { z } from '@hono/zod-openapi';
import { jobKinds, jobStatuses } from '../store/jobSchema.js';
import { file, jsonObject, moment } from './schemas.js';

export const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'expected a sha256 in hexadecimal');

export const upload = z.object({ sha256, size: z.int() }).openapi('Upload');

const data = z
  .union([
    z.string().min(1).max(4000),
    z.object({
      upload: sha256,
      name: z.string().regex(/^[^/\\\0]{1,255}$/, 'expected the name of a file or folder'),
    }),
  ])
  .openapi({
    description:
      'A path on the worker, or the name of a data set; or a tar archive that was uploaded, and the file or folder in it.',
  });

const common = {
  id: z
    .uuid()
    .optional()
    .openapi({ description: 'Chosen by you: a job that is sent again is not done twice.' }),
  name: z.string().min(1).max(200).optional(),
  parameters: jsonObject.optional().openapi({
    description: "The task's options by their names in camel case: `{ epochs: 3, imageSize: 64 }`.",
  }),
  on: z.string().min(1).max(200).optional().openapi({ description: 'The one worker that may do it.' }),
  attempts: z
    .int()
    .min(1)
    .max(100)
    .optional()
    .openapi({ description: 'Attempts that may fail without getting further. Default: 3.' }),
};
const model = z.string().min(1).openapi({ example: 'digits@champion' });

export const newJob = z
  .discriminatedUnion('kind', [
    z.object({
      ...common,
      kind: z.literal('train'),
      task: z.string().openapi({ example: 'image-classification' }),
      data,
      publish: z
        .string()
        .optional()
        .openapi({ description: 'The model that it becomes the next version of.' }),
    }),
    z.object({ ...common, kind: z.literal('evaluate'), model, data }),
    z.object({
      ...common,
      kind: z.literal('predict'),
      model,
      data: data.optional(),
      format: z.enum(['jsonl', 'csv']).optional(),
    }),
  ])
  .openapi('NewJob');

const metrics = z.record(z.string(), z.number());

export const progress = z
  .object({
    share: z.number().min(0).max(1),
    secondsLeft: z.number().min(0).optional(),
    epoch: z.int().optional(),
    epochs: z.int().optional(),
    step: z.int().optional(),
    stepsPerEpoch: z.int().optional(),
    metrics: metrics.optional(),
  })
  .openapi('JobProgress');

export const result = z
  .object({
    metrics: metrics.optional(),
    examples: z.int().optional(),
    failures: z.int().optional(),
    seconds: z.number().optional(),
  })
  .openapi('JobResult');

export const job = z
  .object({
    id: z.uuid(),
    kind: z.enum(jobKinds),
    task: z.string(),
    name: z.string(),
    status: z.enum(jobStatuses),
    parameters: jsonObject,
    data: data.nullable(),
    model: z.object({ name: z.string(), version: z.int() }).nullable(),
    publish: z.string().nullable(),
    version: z.int().nullable().openapi({ description: 'What it was published as.' }),
    format: z.enum(['jsonl', 'csv']).nullable(),
    on: z.string().nullable(),
    worker: z.string().nullable(),
    attempt: z.int(),
    failures: z.int(),
    attempts: z.int(),
    cancelRequested: z.boolean(),
    progress: progress.nullable(),
    result: result.nullable(),
    error: z.string().nullable(),
    run: z.uuid().nullable(),
    submittedBy: z.string(),
    createdAt: moment,
    availableAt: moment,
    startedAt: moment.nullable(),
    endedAt: moment.nullable(),
    updatedAt: moment,
  })
  .openapi('Job');

export const jobPage = z.object({ jobs: z.array(job), next: z.string().optional() }).openapi('JobPage');

export const claim = z
  .object({ worker: z.string().min(1).max(200).openapi({ description: 'Name of the worker.' }) })
  .openapi('Claim');

const leaseSeconds = z.number().openapi({ description: 'Seconds until the job goes to another worker.' });

export const claimed = z
  .object({ job: job.nullable(), project: z.string().nullable(), leaseSeconds })
  .openapi('Claimed');

export const begun = z.object({ id: z.uuid(), lines: z.int() }).openapi('Begun');

export const renewal = z.object({ progress: progress.optional() }).openapi('Renewal');

export const renewed = z
  .object({ cancel: z.boolean().openapi({ description: 'Whether the job should stop.' }), leaseSeconds })
  .openapi('Renewed');

export const checkpoint = z
  .object({ files: z.array(file.extend({ sha256 })).max(10_000) })
  .openapi('Checkpoint');

export const missing = z.object({ missing: z.array(sha256) }).openapi('Missing');

export const outcome = z
  .discriminatedUnion('outcome', [
    z.object({ outcome: z.literal('finished'), result }),
    z.object({ outcome: z.literal('failed'), error: z.string().max(10_000), retry: z.boolean() }),
    z.object({ outcome: z.literal('cancelled') }),
    z.object({ outcome: z.literal('released') }),
  ])
  .openapi('Outcome');
