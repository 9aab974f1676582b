import { createRoute, z } from '@hono/zod-openapi';
import { sql } from 'drizzle-orm';
import { defaultProject } from '../access/keys.js';
import { Metrics } from '../watching/index.js';
import { type Api, type ApiContext, json, newApi, requireOperator, secured } from './context.js';

const text = { content: { 'text/plain': { schema: z.string() } } };

/** Whether the platform lives, and what it measures of itself. */
export function watchingRoutes({ store, metrics = new Metrics(), isReady = () => true }: ApiContext): Api {
  const api = newApi();

  api.openapi(
    createRoute({
      method: 'get',
      path: '/healthz',
      summary: 'Whether the platform lives',
      security: [],
      responses: { 200: { description: 'It does.', ...json(z.object({ live: z.literal(true) })) } },
    }),
    (c) => c.json({ live: true as const }, 200),
  );

  const ready = json(z.object({ ready: z.boolean(), error: z.string().optional() }));
  api.openapi(
    createRoute({
      method: 'get',
      path: '/readyz',
      summary: 'Whether requests are welcome',
      description: 'The platform does not stop, and its database answers.',
      security: [],
      responses: {
        200: { description: 'They are.', ...ready },
        503: { description: 'They are not.', ...ready },
      },
    }),
    async (c) => {
      if (!isReady()) return c.json({ ready: false, error: 'The platform stops.' }, 503);
      const answers = await store.db.execute(sql`select 1`).then(
        () => true,
        () => false,
      );
      if (!answers) return c.json({ ready: false, error: 'The database does not answer.' }, 503);
      return c.json({ ready: true }, 200);
    },
  );

  api.openapi(
    secured('admin', {
      method: 'get',
      path: '/metrics',
      summary: 'Metrics for Prometheus',
      description: `They tell of all projects: the key must be one of the project '${defaultProject}'.`,
      responses: { 200: { description: "Prometheus' text format.", ...text } },
    }),
    async (c) => {
      requireOperator(c.get('principal').project);
      return c.text(await metrics.text(), 200, { 'Content-Type': metrics.contentType });
    },
  );
  return api;
}
