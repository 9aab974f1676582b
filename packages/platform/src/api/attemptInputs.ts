import { z } from '@hono/zod-openapi';
import { NotFoundError } from '../errors.js';
import * as work from '../jobs/index.js';
import { findVersion } from '../registry/index.js';
import { type Api, type ApiContext, newApi, secured } from './context.js';
import { archiveOf } from './models.js';
import { contentOf, octets } from './runs.js';

const params = z.object({ id: z.string(), attempt: z.coerce.number().int().min(1) });
const archive = { 200: { description: 'A tar archive.', content: octets } } as const;

/** What a worker needs for a job that it has: the data that was sent for it, and the version that it asks. */
export function attemptInputRoutes(context: ApiContext): Api {
  const { store } = context;
  const api = newApi();
  const specOf = (project: string, { id, attempt }: z.infer<typeof params>) =>
    work.withAttempt(store.db, { project, job: id, attempt }, async (_, job) => job);

  api.openapi(
    secured('worker', {
      method: 'get',
      path: '/api/jobs/{id}/attempts/{attempt}/data',
      summary: 'The data that was sent for a job',
      request: { params },
      responses: archive,
    }),
    async (c) => {
      const job = await specOf(c.get('principal').project, c.req.valid('param'));
      const { data } = job.spec;
      if (typeof data !== 'object') throw new NotFoundError('No data was sent for this job.');
      const found = await work.requireUpload(store.db, job.project, data.upload, store.objects);
      return c.body(...(await contentOf(store, found)));
    },
  );

  api.openapi(
    secured('worker', {
      method: 'get',
      path: '/api/jobs/{id}/attempts/{attempt}/version',
      summary: 'The version of a model that a job asks',
      request: { params },
      responses: archive,
    }),
    async (c) => {
      const { project, spec } = await specOf(c.get('principal').project, c.req.valid('param'));
      if (!spec.model) throw new NotFoundError('This job asks no model.');
      const { name, version } = spec.model;
      return c.body(
        ...(await archiveOf(context, await findVersion(store.db, project, name, String(version)))),
      );
    },
  );
  return api;
}
