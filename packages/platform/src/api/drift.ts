import { z } from '@hono/zod-openapi';
import { note } from '../access/audit.js';
import { Drift } from '../serving/drift.js';
import { type Api, type ApiContext, body, json, newApi, secured } from './context.js';
import * as schemas from './schemas.js';

const byName = z.object({ name: z.string() });
const done = { 204: { description: 'Done.' } } as const;

/** Whether what comes to models is like the training data. */
export function driftRoutes({ store, drift = new Drift(store, () => undefined) }: ApiContext): Api {
  const { db } = store;
  const api = newApi();

  api.openapi(
    secured('developer', {
      method: 'get',
      path: '/api/drift/{name}',
      summary: 'What was found of the drift of a model',
      request: { params: byName },
      responses: { 200: { description: 'Settings and findings.', ...json(schemas.driftView) } },
    }),
    async (c) => {
      const { settings, versions } = drift.view(c.get('principal').project, c.req.valid('param').name);
      const shown = versions.map(({ last, ...version }) => ({
        ...version,
        ...(last && { last: { at: last.at.toISOString(), indices: { ...last.indices } } }),
      }));
      return c.json({ settings, versions: shown }, 200);
    },
  );

  api.openapi(
    secured('admin', {
      method: 'put',
      path: '/api/drift/{name}',
      summary: 'Look for drift of a model',
      description:
        'First in the mode `baseline`, while you send the training data to the model; then in the mode `watch`, which compares with it.',
      request: { params: byName, body: body(schemas.driftSettings) },
      responses: done,
    }),
    async (c) => {
      const principal = c.get('principal');
      const { name } = c.req.valid('param');
      const { mode, share = 1, threshold = 0.2, window = 500, webhook = null } = c.req.valid('json');
      await drift.set(principal.project, name, { mode, share, threshold, window, webhook });
      await note(db, principal, 'drift.set', name, { mode, share, threshold, window });
      return c.body(null, 204);
    },
  );

  api.openapi(
    secured('admin', {
      method: 'delete',
      path: '/api/drift/{name}',
      summary: 'Look for drift of a model no more',
      description: 'Its baselines are forgotten.',
      request: { params: byName },
      responses: done,
    }),
    async (c) => {
      const principal = c.get('principal');
      const { name } = c.req.valid('param');
      await drift.remove(principal.project, name);
      await note(db, principal, 'drift.remove', name);
      return c.body(null, 204);
    },
  );
  return api;
}
