import { z } from '@hono/zod-openapi';
import { note } from '../access/audit.js';
import { Quotas } from '../access/quotas.js';
import { usageCsv, usageOf } from '../access/usage.js';
import { type Api, type ApiContext, body, json, newApi, secured } from './context.js';
import * as schemas from './schemas.js';

/** What was asked of models, and what may be. */
export function usageRoutes({ store, meter, quotas: given }: ApiContext): Api {
  const { db } = store;
  const flush = async (): Promise<void> => meter?.flush();
  const quotas = given ?? new Quotas(db, flush);
  const api = newApi();
  const rowsOf = async (project: string, { from, to, ...query }: z.infer<typeof schemas.usageQuery>) => {
    await flush();
    return usageOf(db, {
      ...{ ...query, project },
      from: from === undefined ? undefined : new Date(from),
      to: to === undefined ? undefined : new Date(to),
    });
  };

  api.openapi(
    secured('admin', {
      method: 'get',
      path: '/api/usage',
      summary: 'What was asked of models',
      description: 'By caller, model and version; the last 30 days by day, unless it is asked otherwise.',
      request: { query: schemas.usageQuery },
      responses: {
        200: { description: 'Usage.', ...json(z.object({ usage: z.array(schemas.usageRow) })) },
      },
    }),
    async (c) => {
      const usage = await rowsOf(c.get('principal').project, c.req.valid('query'));
      return c.json({ usage: [...usage] }, 200);
    },
  );

  api.openapi(
    secured('admin', {
      method: 'get',
      path: '/api/usage.csv',
      summary: 'What was asked of models, as a table',
      request: { query: schemas.usageQuery },
      responses: { 200: { description: 'CSV.', content: { 'text/csv': { schema: z.string() } } } },
    }),
    async (c) => {
      const usage = await rowsOf(c.get('principal').project, c.req.valid('query'));
      return c.text(usageCsv(usage), 200, {
        'Content-Type': 'text/csv; charset=utf-8',
        'Content-Disposition': 'attachment; filename="usage.csv"',
      });
    },
  );

  api.openapi(
    secured('admin', {
      method: 'get',
      path: '/api/quotas',
      summary: 'List quotas',
      description: 'With what was used of them this month.',
      responses: { 200: { description: 'Quotas.', ...json(z.object({ quotas: z.array(schemas.quota) })) } },
    }),
    async (c) => {
      const list = await quotas.list(c.get('principal').project);
      return c.json({ quotas: list.map(({ project: _, ...quota }) => quota) }, 200);
    },
  );

  api.openapi(
    secured('admin', {
      method: 'put',
      path: '/api/quotas',
      summary: 'Set a quota',
      description:
        'For a key, for a model, for a key on a model, or where neither is named for the project as a whole. It replaces the one before.',
      request: { body: body(schemas.newQuota) },
      responses: { 204: { description: 'Done.' } },
    }),
    async (c) => {
      const principal = c.get('principal');
      const { key = '', model = '', ...bounds } = c.req.valid('json');
      const { requestsPerMinute = null, tokensPerMinute = null } = bounds;
      const { requestsPerMonth = null, tokensPerMonth = null } = bounds;
      const numbers = { requestsPerMinute, tokensPerMinute, requestsPerMonth, tokensPerMonth };
      await quotas.set({ project: principal.project, key, model, ...numbers });
      await note(db, principal, 'quota.set', `${key}/${model}`, numbers);
      return c.body(null, 204);
    },
  );

  api.openapi(
    secured('admin', {
      method: 'delete',
      path: '/api/quotas',
      summary: 'Take a quota away',
      request: { query: z.object({ key: z.string().optional(), model: z.string().optional() }) },
      responses: { 204: { description: 'Done.' } },
    }),
    async (c) => {
      const principal = c.get('principal');
      const { key = '', model = '' } = c.req.valid('query');
      await quotas.remove({ project: principal.project, key, model });
      await note(db, principal, 'quota.remove', `${key}/${model}`);
      return c.body(null, 204);
    },
  );
  return api;
}
