import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { note } from '../access/audit.js';
import {
  changePassword,
  changeProject,
  cookieOf,
  findSession,
  projectsOf,
  type Session,
  signIn,
  signOut,
  tokenOf,
} from '../access/sessions.js';
import { Throttle } from '../access/throttle.js';
import { ServiceError } from '../server/errors.js';
import { type Api, type ApiContext, body, errorBody, json, newApi, secured } from './context.js';
import * as schemas from './schemas.js';

const done = { 204: { description: 'Done.' } } as const;

/** People sign in and out. */
export function sessionRoutes({ store }: ApiContext): Api {
  const { db } = store;
  const api = newApi();
  const throttle = new Throttle();

  api.openapi(
    createRoute({
      method: 'post',
      path: '/api/sessions',
      summary: 'Sign in',
      description:
        'The answer sets a cookie, which requests then need instead of a key. Those that change something send `csrf` along.',
      security: [],
      request: { body: body(schemas.signIn) },
      responses: {
        201: { description: 'The session.', ...json(schemas.session) },
        400: { description: 'The request does not fit the description.', ...json(errorBody) },
        401: { description: 'The name or the password is wrong.', ...json(errorBody) },
        429: { description: 'Too many failures: wait as long as Retry-After says.', ...json(errorBody) },
      },
    }),
    async (c) => {
      const given = c.req.valid('json');
      const { session, token } = await signIn(db, throttle, given);
      await note(db, { name: session.user, ...session }, 'session.begin', session.user);
      c.header('Set-Cookie', cookieOf(token, isSecure(c)));
      return c.json(sessionJson(session), 201);
    },
  );

  api.openapi(
    secured('caller', {
      method: 'get',
      path: '/api/session',
      summary: 'Who is signed in',
      responses: { 200: { description: 'The session.', ...json(schemas.session) } },
    }),
    async (c) => {
      const session = await findSession(db, requireToken(c));
      if (!session) throw new ServiceError(401, 'The session is over: sign in again.');
      return c.json(sessionJson({ ...session, projects: await projectsOf(db, session.user) }), 200);
    },
  );

  api.openapi(
    secured('caller', {
      method: 'put',
      path: '/api/session',
      summary: 'Look at another project',
      request: { body: body(z.object({ project: z.string() })) },
      responses: done,
    }),
    async (c) => {
      const token = requireToken(c);
      await changeProject(db, token, c.get('principal').name, c.req.valid('json').project);
      return c.body(null, 204);
    },
  );

  api.openapi(
    secured('caller', {
      method: 'delete',
      path: '/api/session',
      summary: 'Sign out',
      responses: done,
    }),
    async (c) => {
      await signOut(db, requireToken(c));
      c.header('Set-Cookie', cookieOf(undefined, isSecure(c)));
      return c.body(null, 204);
    },
  );

  api.openapi(
    secured('caller', {
      method: 'put',
      path: '/api/session/password',
      summary: "Change one's own password",
      description: 'It ends all sessions: sign in again.',
      request: { body: body(schemas.passwordChange) },
      responses: done,
    }),
    async (c) => {
      requireToken(c);
      const principal = c.get('principal');
      await changePassword(db, throttle, principal.name, c.req.valid('json'));
      await note(db, principal, 'user.password', principal.name);
      c.header('Set-Cookie', cookieOf(undefined, isSecure(c)));
      return c.body(null, 204);
    },
  );
  return api;
}

/** @throws ServiceError 400 for requests that come with a key */
function requireToken(c: Context): string {
  const token = c.req.header('Authorization') === undefined ? tokenOf(c.req.raw) : undefined;
  if (token === undefined)
    throw new ServiceError(400, 'There is no session: this is for people who are signed in.');
  return token;
}

/** Whether the request came over HTTPS, to this server or to the one in front of it. */
function isSecure(c: Context): boolean {
  return new URL(c.req.url).protocol === 'https:' || c.req.header('X-Forwarded-Proto') === 'https';
}

function sessionJson({ expiresAt, projects, user, project, role, csrf }: Session) {
  return { user, project, role, projects: [...projects], expiresAt: expiresAt.toISOString(), csrf };
}
