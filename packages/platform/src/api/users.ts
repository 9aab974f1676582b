import { z } from '@hono/zod-openapi';
import { note } from '../access/audit.js';
import { createUser, listUsers, removeUser, setPassword, setRole } from '../access/users.js';
import { InputError } from '../errors.js';
import { type Api, type ApiContext, body, json, newApi, secured } from './context.js';
import * as schemas from './schemas.js';

const byName = z.object({ name: z.string() });
const done = { 204: { description: 'Done.' } } as const;

/** The people of a project. */
export function userRoutes({ store }: ApiContext): Api {
  const { db } = store;
  const api = newApi();

  api.openapi(
    secured('admin', {
      method: 'post',
      path: '/api/users',
      summary: 'Let a person in',
      description:
        'Into the project of whoever asks. With a password for somebody new, without one for somebody of another project.',
      request: { body: body(schemas.newUser) },
      responses: { 201: { description: 'They are in.', ...json(byName) } },
    }),
    async (c) => {
      const principal = c.get('principal');
      const { name, role, password } = c.req.valid('json');
      await createUser(db, { project: principal.project, name, role, password });
      await note(db, principal, 'user.create', name, { role });
      return c.json({ name }, 201);
    },
  );

  api.openapi(
    secured('admin', {
      method: 'get',
      path: '/api/users',
      summary: 'List people',
      responses: {
        200: { description: 'People by name.', ...json(z.object({ users: z.array(schemas.user) })) },
      },
    }),
    async (c) => {
      const users = await listUsers(db, c.get('principal').project);
      return c.json(
        {
          users: users.map(({ createdAt, signedInAt, ...user }) => ({
            ...user,
            createdAt: createdAt.toISOString(),
            signedInAt: signedInAt?.toISOString() ?? null,
          })),
        },
        200,
      );
    },
  );

  api.openapi(
    secured('admin', {
      method: 'put',
      path: '/api/users/{name}',
      summary: "Change a person's role or password",
      description: 'Another password signs them out everywhere.',
      request: { params: byName, body: body(schemas.userChange) },
      responses: done,
    }),
    async (c) => {
      const principal = c.get('principal');
      const { name } = c.req.valid('param');
      const { role, password } = c.req.valid('json');
      if (password === undefined && role === undefined)
        throw new InputError('Give a role, a password, or both.');
      if (password !== undefined) {
        await setPassword(db, principal.project, name, password);
        await note(db, principal, 'user.password', name);
      }
      if (role !== undefined) {
        await setRole(db, principal.project, name, role);
        await note(db, principal, 'user.role', name, { role });
      }
      return c.body(null, 204);
    },
  );

  api.openapi(
    secured('admin', {
      method: 'delete',
      path: '/api/users/{name}',
      summary: 'Take a person out of the project',
      description: 'Whoever is in none is forgotten.',
      request: { params: byName },
      responses: done,
    }),
    async (c) => {
      const principal = c.get('principal');
      const { name } = c.req.valid('param');
      await removeUser(db, principal.project, name);
      await note(db, principal, 'user.remove', name);
      return c.body(null, 204);
    },
  );
  return api;
}
