import { z } from '@hono/zod-openapi';
import { note } from '../access/audit.js';
import { type Principal, requireModel } from '../access/keys.js';
import { InputError } from '../errors.js';
import * as work from '../jobs/index.js';
import * as registry from '../registry/index.js';
import type { JobSpec } from '../store/jobSchema.js';
import { jobKinds, jobStatuses } from '../store/jobSchema.js';
import { type Api, type ApiContext, body, json, newApi, secured } from './context.js';
import { jobEvents } from './jobEvents.js';
import * as jobSchemas from './jobSchemas.js';
import { bounded, contentOf, octets } from './runs.js';
import { queryNumber } from './schemas.js';

const byId = z.object({ id: z.string() });
const oneJob = { 200: { description: 'The job.', ...json(jobSchemas.job) } };

/** Jobs: work that is put into a queue, looked at and stopped by people. */
export function jobRoutes(context: ApiContext): Api {
  const { store, maxUploadBytes } = context;
  const { db } = store;
  const api = newApi();

  api.openapi(
    secured('developer', {
      method: 'post',
      path: '/api/uploads',
      summary: 'Send data for jobs',
      description:
        'The body is a tar archive of one file or folder. What no job uses is deleted after a day.',
      request: { body: { content: octets } },
      responses: { 201: { description: 'What to give as data.', ...json(jobSchemas.upload) } },
    }),
    async (c) => {
      const object = await store.objects.put(bounded(c.req.raw, maxUploadBytes));
      await work.noteUpload(db, c.get('principal').project, object);
      return c.json(object, 201);
    },
  );

  api.openapi(
    secured('developer', {
      method: 'get',
      path: '/api/uploads/{sha256}',
      summary: 'Data that was sent for jobs',
      request: { params: z.object({ sha256: z.string() }) },
      responses: { 200: { description: 'The archive.', content: octets } },
    }),
    async (c) => {
      const { project } = c.get('principal');
      const found = await work.requireUpload(db, project, c.req.valid('param').sha256, store.objects);
      return c.body(...(await contentOf(store, found)));
    },
  );

  api.openapi(
    secured('developer', {
      method: 'post',
      path: '/api/jobs',
      summary: 'Put a job into the queue',
      description:
        'Workers do it: `modelwright worker`. One whose id is there already is not put there again.',
      request: { body: body(jobSchemas.newJob) },
      responses: { 201: { description: 'The job.', ...json(jobSchemas.job) } },
    }),
    async (c) => {
      const principal = c.get('principal');
      const { project, name: submittedBy } = principal;
      const wanted = await checked(context, principal, c.req.valid('json'));
      const { job, isNew } = await work.submitJob(db, { ...wanted, project, submittedBy });
      if (isNew) await note(db, principal, 'job.submit', job.id, { kind: job.kind, task: job.task });
      return c.json(jobJson(job), 201);
    },
  );

  api.openapi(
    secured('developer', {
      method: 'get',
      path: '/api/jobs',
      summary: 'List jobs',
      description: 'The newest first.',
      request: {
        query: z.object({
          status: z.enum(jobStatuses).optional(),
          kind: z.enum(jobKinds).optional(),
          limit: queryNumber(1, 200),
          after: z.string().optional(),
        }),
      },
      responses: { 200: { description: 'A page of jobs.', ...json(jobSchemas.jobPage) } },
    }),
    async (c) => {
      const page = await work.listJobs(db, { project: c.get('principal').project, ...c.req.valid('query') });
      return c.json({ ...page, jobs: page.jobs.map(jobJson) }, 200);
    },
  );

  api.openapi(
    secured('developer', {
      method: 'get',
      path: '/api/jobs/{id}',
      summary: 'One job',
      request: { params: byId },
      responses: oneJob,
    }),
    async (c) => {
      const job = await work.findJob(db, c.get('principal').project, c.req.valid('param').id);
      return c.json(jobJson(job), 200);
    },
  );

  api.openapi(
    secured('developer', {
      method: 'get',
      path: '/api/jobs/{id}/events',
      summary: 'How a job goes on',
      description:
        'Server-sent events until it is over: `job`, whenever it changes, with the job; `lines`, with new lines of its log.',
      request: {
        params: byId,
        query: z.object({
          from: queryNumber(1, 2 ** 31 - 1).openapi({ description: 'The first line of the log.' }),
        }),
      },
      responses: {
        200: { description: 'Events.', content: { 'text/event-stream': { schema: z.string() } } },
      },
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      const { project } = c.get('principal');
      await work.findJob(db, project, id);
      const events = jobEvents(context, project, id, c.req.valid('query').from);
      return c.body(events, 200, {
        'Content-Type': 'text/event-stream; charset=utf-8',
        'X-Accel-Buffering': 'no',
      });
    },
  );

  api.openapi(
    secured('developer', {
      method: 'post',
      path: '/api/jobs/{id}/cancel',
      summary: 'Stop a job',
      description: 'A training that runs keeps a checkpoint first.',
      request: { params: byId },
      responses: oneJob,
    }),
    async (c) => {
      const principal = c.get('principal');
      const job = await work.cancelJob(db, principal.project, c.req.valid('param').id);
      await note(db, principal, 'job.cancel', job.id);
      return c.json(jobJson(job), 200);
    },
  );

  api.openapi(
    secured('developer', {
      method: 'post',
      path: '/api/jobs/{id}/retry',
      summary: 'Try a job again that failed or was cancelled',
      description: 'It goes on from its last checkpoint.',
      request: {
        params: byId,
        body: { required: false, ...json(z.object({ fresh: z.boolean().optional() })) },
      },
      responses: oneJob,
    }),
    async (c) => {
      const principal = c.get('principal');
      const { fresh } = c.req.valid('json');
      const job = await work.retryJob(db, principal.project, c.req.valid('param').id, fresh);
      await note(db, principal, 'job.retry', job.id, { fresh: fresh ?? false });
      return c.json(jobJson(job), 200);
    },
  );
  return api;
}

/** What is wanted as the queue keeps it. @throws InputError, NotFoundError for what no worker could do */
async function checked(
  { store, jobs: { checkParameters } }: ApiContext,
  principal: Principal,
  wanted: z.infer<typeof jobSchemas.newJob>,
): Promise<Omit<work.NewJob, 'project' | 'submittedBy'>> {
  const { id, kind, on, attempts, data, parameters = {} } = wanted;
  const about = { id, kind, on, attempts };
  if (wanted.kind === 'train') {
    const { task, publish } = wanted;
    checkParameters(kind, task, parameters);
    if (publish !== undefined) {
      registry.requireName('The model name', publish);
      requireModel(principal, publish);
    }
    return { ...about, task, name: wanted.name ?? publish ?? task, spec: { parameters, data, publish } };
  }
  const at = wanted.model.lastIndexOf('@');
  const [name, reference] = at < 1 ? [wanted.model] : [wanted.model.slice(0, at), wanted.model.slice(at + 1)];
  requireModel(principal, name);
  const { task, version } = await registry.findVersion(
    store.db,
    principal.project,
    name,
    reference ?? 'latest',
  );
  checkParameters(kind, task, parameters);
  if (kind === 'predict' && data === undefined && task !== 'image-generation')
    throw new InputError(`There is nothing to predict on: give data.`);
  const spec: JobSpec = {
    parameters,
    data,
    model: { name, version },
    ...(wanted.kind === 'predict' && { format: wanted.format ?? 'jsonl' }),
  };
  return { ...about, task, name: wanted.name ?? `${kind} ${name}@${version}`, spec };
}

const timeOf = (moment: Date | null): string | null => moment?.toISOString() ?? null;

/** A job as it goes over the wire. */
export function jobJson(row: work.JobRow): z.infer<typeof jobSchemas.job> {
  const { id, kind, task, name, status, spec, worker, attempt, failures, cancelRequested, error, run } = row;
  const { parameters, data, model, publish, format } = spec;
  return {
    ...{ id, kind, task, name, status, parameters, worker, attempt, failures, cancelRequested, error, run },
    data: data ?? null,
    model: model ?? null,
    publish: publish ?? null,
    version: row.version,
    format: format ?? null,
    on: row.wantedWorker,
    attempts: row.mostFailures,
    progress: row.progress,
    result: row.result,
    submittedBy: row.submittedBy,
    createdAt: row.createdAt.toISOString(),
    availableAt: row.availableAt.toISOString(),
    startedAt: timeOf(row.startedAt),
    endedAt: timeOf(row.endedAt),
    updatedAt: row.updatedAt.toISOString(),
  };
}
