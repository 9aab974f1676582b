import { z } from '@hono/zod-openapi';
import { note } from '../access/audit.js';
import { StateError } from '../errors.js';
import * as work from '../jobs/index.js';
import { withUnpacked } from '../registry/archive.js';
import { prepareVersion } from '../registry/index.js';
import { addArtefact, addLines, addPoints } from '../runs/record.js';
import type { Database } from '../store/index.js';
import { everyProject } from '../store/projects.js';
import { type Api, type ApiContext, body, json, newApi, secured } from './context.js';
import * as jobSchemas from './jobSchemas.js';
import { jobJson } from './jobs.js';
import { bounded, contentOf, octets, requirePath, toldLines, toldPoints } from './runs.js';
import * as schemas from './schemas.js';

const params = z.object({ id: z.string(), attempt: z.coerce.number().int().min(1) });
const done = { 204: { description: 'Done.' } } as const;
const fenced = "Refused with 409 once the job is no longer this attempt's.";

/** What workers ask for and tell: all of it with the number of their attempt, by which late words of others are refused. */
export function attemptRoutes({
  store,
  publishing,
  meter,
  maxUploadBytes,
  workFolder,
  jobs: { lease },
}: ApiContext): Api {
  const { db } = store;
  const api = newApi();
  const leaseSeconds = lease / 1000;
  const path = (rest: string): `/${string}` => `/api/jobs/{id}/attempts/{attempt}/${rest}`;
  const of = (project: string, { id, attempt }: z.infer<typeof params>): work.Attempt => ({
    project,
    job: id,
    attempt,
  });
  /** The time since a worker told last of a job is its submitter's. */
  const noteWork = (job: work.JobRow, now: Date): void => {
    const { project, submittedBy: caller, spec } = job;
    const model = spec.publish ?? spec.model?.name ?? '';
    const version = spec.model ? String(spec.model.version) : '';
    meter?.noteWork({ project, caller, model, version }, work.secondsSince(job, lease, now), now);
  };
  /** Does something with the run of an attempt's job. */
  const withRun = (attempt: work.Attempt, tell: (transaction: Database, run: string) => Promise<void>) =>
    work.withAttempt(db, attempt, async (transaction, { run }) => {
      if (run === null) throw new StateError('The job has no run yet: begin it first.');
      await tell(transaction, run);
    });

  api.openapi(
    secured('worker', {
      method: 'post',
      path: '/api/jobs/claim',
      summary: 'Ask for a job to do',
      request: { body: body(jobSchemas.claim) },
      responses: { 200: { description: 'A job, or null when there is none.', ...json(jobSchemas.claimed) } },
    }),
    async (c) => {
      const { project } = c.get('principal');
      const { worker } = c.req.valid('json');
      const whose = project === everyProject ? undefined : project;
      const job = await work.claimJob(db, { project: whose, worker, lease });
      return c.json({ job: job ? jobJson(job) : null, project: job?.project ?? null, leaseSeconds }, 200);
    },
  );

  api.openapi(
    secured('worker', {
      method: 'post',
      path: path('renew'),
      summary: 'Keep a job, and tell how far it is',
      description: fenced,
      request: { params, body: body(jobSchemas.renewal) },
      responses: { 200: { description: 'Kept.', ...json(jobSchemas.renewed) } },
    }),
    async (c) => {
      const attempt = of(c.get('principal').project, c.req.valid('param'));
      const now = new Date();
      const { cancel, job } = await work.renewLease(db, attempt, lease, c.req.valid('json').progress, now);
      noteWork(job, now);
      return c.json({ cancel, leaseSeconds }, 200);
    },
  );

  api.openapi(
    secured('worker', {
      method: 'post',
      path: path('run'),
      summary: "Begin a job's run, or go on with it",
      description: fenced,
      request: { params, body: body(z.object({ environment: schemas.jsonObject })) },
      responses: {
        200: { description: 'The run, and how many lines its log has.', ...json(jobSchemas.begun) },
      },
    }),
    async (c) => {
      const attempt = of(c.get('principal').project, c.req.valid('param'));
      return c.json(await work.beginRun(db, attempt, c.req.valid('json').environment), 200);
    },
  );

  api.openapi(
    secured('worker', {
      method: 'post',
      path: path('points'),
      summary: "Add values of metrics to a job's run",
      description: fenced,
      request: { params, body: body(schemas.newPoints) },
      responses: done,
    }),
    async (c) => {
      const points = toldPoints(c.req.valid('json'));
      await withRun(of(c.get('principal').project, c.req.valid('param')), (transaction, run) =>
        addPoints(transaction, run, points),
      );
      return c.body(null, 204);
    },
  );

  api.openapi(
    secured('worker', {
      method: 'post',
      path: path('lines'),
      summary: "Add lines to the log of a job's run",
      description: fenced,
      request: { params, body: body(schemas.newLines) },
      responses: done,
    }),
    async (c) => {
      const told = c.req.valid('json');
      await withRun(of(c.get('principal').project, c.req.valid('param')), (transaction, run) =>
        addLines(transaction, run, toldLines(told), told.first),
      );
      return c.body(null, 204);
    },
  );

  api.openapi(
    secured('worker', {
      method: 'put',
      path: path('files/{path}'),
      summary: "Keep a file with a job's run",
      description: fenced,
      request: { params: params.extend({ path: z.string() }), body: { content: octets } },
      responses: done,
    }),
    async (c) => {
      const attempt = of(c.get('principal').project, c.req.valid('param'));
      const place = requirePath(c.req.valid('param').path);
      await withRun(attempt, async () => undefined);
      const object = await store.objects.put(bounded(c.req.raw, maxUploadBytes));
      await withRun(attempt, (transaction, run) => addArtefact(transaction, run, place, object));
      return c.body(null, 204);
    },
  );

  api.openapi(
    secured('worker', {
      method: 'get',
      path: path('checkpoint'),
      summary: "The files of a job's last checkpoint",
      description: fenced,
      request: { params },
      responses: { 200: { description: 'Files.', ...json(jobSchemas.checkpoint) } },
    }),
    async (c) => {
      const files = await work.checkpointOf(store, of(c.get('principal').project, c.req.valid('param')));
      return c.json({ files: [...files] }, 200);
    },
  );

  api.openapi(
    secured('worker', {
      method: 'put',
      path: path('checkpoint'),
      summary: 'Keep a checkpoint',
      description: `Whole or not at all: contents that are missing are named, to be sent before it is tried again. ${fenced}`,
      request: { params, body: body(jobSchemas.checkpoint) },
      responses: {
        200: { description: 'What is missing; nothing: it is kept.', ...json(jobSchemas.missing) },
      },
    }),
    async (c) => {
      const attempt = of(c.get('principal').project, c.req.valid('param'));
      const { files } = c.req.valid('json');
      for (const file of files) requirePath(file.path);
      return c.json({ missing: [...(await work.keepCheckpoint(store, attempt, files))] }, 200);
    },
  );

  api.openapi(
    secured('worker', {
      method: 'put',
      path: path('contents'),
      summary: 'Send a content of a checkpoint',
      description: fenced,
      request: { params, body: { content: octets } },
      responses: { 200: { description: 'What was kept.', ...json(jobSchemas.upload) } },
    }),
    async (c) => {
      const attempt = of(c.get('principal').project, c.req.valid('param'));
      await work.withAttempt(db, attempt, async () => undefined);
      return c.json(await store.objects.put(bounded(c.req.raw, maxUploadBytes)), 200);
    },
  );

  api.openapi(
    secured('worker', {
      method: 'get',
      path: path('contents/{sha256}'),
      summary: 'A content of the last checkpoint',
      description: fenced,
      request: { params: params.extend({ sha256: z.string() }) },
      responses: { 200: { description: 'The content.', content: octets } },
    }),
    async (c) => {
      const { sha256, ...given } = c.req.valid('param');
      const found = await work.requireInCheckpoint(store, of(c.get('principal').project, given), sha256);
      return c.body(...(await contentOf(store, found)));
    },
  );

  api.openapi(
    secured('worker', {
      method: 'post',
      path: path('model'),
      summary: 'Publish what a job has trained',
      description: `As the job wants it; once for the job, however often this is asked. The body is a tar archive. ${fenced}`,
      request: { params, body: { content: { 'application/x-tar': octets['application/octet-stream'] } } },
      responses: { 200: { description: 'The version.', ...json(z.object({ version: z.int() })) } },
    }),
    async (c) => {
      const principal = c.get('principal');
      const { project } = principal;
      const attempt = of(project, c.req.valid('param'));
      const name = await work.withAttempt(db, attempt, async (_, { spec }) => spec.publish);
      if (name === undefined) throw new StateError('The job does not say what to publish its model as.');
      const { version, isNew } = await withUnpacked(
        bounded(c.req.raw, maxUploadBytes),
        workFolder,
        { bytes: maxUploadBytes },
        async (directory) =>
          work.publishOnce(
            db,
            attempt,
            await prepareVersion(store, { project, name, directory }, publishing),
          ),
      );
      if (isNew) await note(db, principal, 'version.publish', `${name}/${version}`, { job: attempt.job });
      return c.json({ version }, 200);
    },
  );

  api.openapi(
    secured('worker', {
      method: 'post',
      path: path('end'),
      summary: 'End an attempt',
      description: `The job is over, or waits for another attempt. May be told again. ${fenced}`,
      request: { params, body: body(jobSchemas.outcome) },
      responses: { 200: { description: 'The job.', ...json(jobSchemas.job) } },
    }),
    async (c) => {
      const attempt = of(c.get('principal').project, c.req.valid('param'));
      const before = await work.findJob(db, attempt.project, attempt.job);
      const now = new Date();
      const job = await work.endAttempt(db, attempt, c.req.valid('json'), now);
      if (before.attempt === attempt.attempt) noteWork(before, now);
      return c.json(jobJson(job), 200);
    },
  );
  return api;
}
