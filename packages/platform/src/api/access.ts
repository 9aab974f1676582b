import { z } from '@hono/zod-openapi';
import { listAudit, note } from '../access/audit.js';
import { createKey, defaultProject, type KeyView, listKeys } from '../access/keys.js';
import { collectGarbage } from '../registry/index.js';
import { type Api, type ApiContext, body, json, newApi, requireOperator, secured } from './context.js';
import * as schemas from './schemas.js';

/** Keys, the audit log, and keeping house. */
export function accessRoutes({ store, keyring }: ApiContext): Api {
  const { db } = store;
  const api = newApi();

  api.openapi(
    secured('admin', {
      method: 'post',
      path: '/api/keys',
      summary: 'Make a key',
      description: 'The key is shown this once.',
      request: { body: body(schemas.newKey) },
      responses: {
        201: { description: 'The key.', ...json(z.object({ id: z.string(), key: z.string() })) },
      },
    }),
    async (c) => {
      const principal = c.get('principal');
      const { expiresAt, ...wanted } = c.req.valid('json');
      const made = await createKey(db, {
        ...wanted,
        project: principal.project,
        ...(expiresAt !== undefined && { expiresAt: new Date(expiresAt) }),
      });
      await note(db, principal, 'key.create', made.id, { name: wanted.name, role: wanted.role });
      return c.json(made, 201);
    },
  );

  api.openapi(
    secured('admin', {
      method: 'get',
      path: '/api/keys',
      summary: 'List keys',
      responses: { 200: { description: 'Keys.', ...json(z.object({ keys: z.array(schemas.key) })) } },
    }),
    async (c) => {
      const keys = await listKeys(db, c.get('principal').project);
      return c.json({ keys: keys.map(keyJson) }, 200);
    },
  );

  api.openapi(
    secured('admin', {
      method: 'delete',
      path: '/api/keys/{id}',
      summary: 'Revoke a key',
      request: { params: z.object({ id: z.string() }) },
      responses: { 204: { description: 'Done.' } },
    }),
    async (c) => {
      const principal = c.get('principal');
      const { id } = c.req.valid('param');
      await keyring.revoke(principal.project, id);
      await note(db, principal, 'key.revoke', id);
      return c.body(null, 204);
    },
  );

  api.openapi(
    secured('admin', {
      method: 'get',
      path: '/api/audit',
      summary: 'Who changed what',
      description: 'The newest first.',
      request: {
        query: z.object({
          before: schemas.queryNumber(1, Number.MAX_SAFE_INTEGER),
          limit: schemas.queryNumber(1, 1000),
        }),
      },
      responses: {
        200: { description: 'Entries.', ...json(z.object({ entries: z.array(schemas.auditEntry) })) },
      },
    }),
    async (c) => {
      const entries = await listAudit(db, c.get('principal').project, c.req.valid('query'));
      return c.json(
        { entries: entries.map(({ project: _, at, ...entry }) => ({ ...entry, at: at.toISOString() })) },
        200,
      );
    },
  );

  api.openapi(
    secured('admin', {
      method: 'post',
      path: '/api/maintenance/collect',
      summary: 'Delete contents that nothing has any more',
      description: `Of all projects: the key must be one of the project '${defaultProject}'.`,
      responses: {
        200: {
          description: 'What was deleted.',
          ...json(z.object({ objects: z.int(), bytes: z.int() })),
        },
      },
    }),
    async (c) => {
      requireOperator(c.get('principal').project);
      const collected = await collectGarbage(store);
      await note(db, c.get('principal'), 'objects.collect', '', { ...collected });
      return c.json(collected, 200);
    },
  );
  return api;
}

function keyJson({ project: _, createdAt, expiresAt, revokedAt, usedAt, models, ...key }: KeyView) {
  return {
    ...key,
    models,
    createdAt: createdAt.toISOString(),
    expiresAt: expiresAt?.toISOString() ?? null,
    revokedAt: revokedAt?.toISOString() ?? null,
    usedAt: usedAt?.toISOString() ?? null,
  };
}
