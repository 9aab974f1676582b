import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { and, asc, eq, lt } from 'drizzle-orm';
import { InputError, NotFoundError } from '../errors.js';
import { ServiceError } from '../server/errors.js';
import type { Database } from '../store/database.js';
import { members, type Role, sessions, users } from '../store/schema.js';
import type { RequestHead } from '../watching/index.js';
import type { Principal } from './keys.js';
import { checkPassword, hashPassword } from './passwords.js';
import type { Throttle } from './throttle.js';
import { replacePassword } from './users.js';

/** Milliseconds until somebody has to sign in again. */
export const sessionLength = 7 * 24 * 60 * 60_000;
export const sessionCookie = 'modelwright_session';

/** Where a request that changes something says the session's `csrf`. */
export const csrfHeader = 'X-CSRF-Token';

/** Somebody who is signed in. */
export interface Session {
  readonly user: string;
  readonly project: string;
  readonly role: Role;
  /** The projects that they are in. */
  readonly projects: readonly { readonly project: string; readonly role: Role }[];
  readonly expiresAt: Date;
  /** What requests that change something send along, as a page of another site cannot. */
  readonly csrf: string;
}

/**
 * Signs somebody in.
 * @param project the one to look at; default: the first by name
 * @returns the session, and the token for its cookie, which is known nowhere else
 * @throws ServiceError 401 when name and password do not go together, 429 after too many failures
 */
export async function signIn(
  db: Database,
  throttle: Throttle,
  { name, password, project }: { name: string; password: string; project?: string | undefined },
  now = new Date(),
): Promise<{ readonly session: Session; readonly token: string }> {
  const wait = throttle.waitOf(name);
  if (wait > 0) {
    const seconds = Math.ceil(wait / 1000);
    throw new ServiceError(429, `Too many failed sign-ins of '${name}': wait ${seconds} seconds.`, {
      'Retry-After': String(seconds),
    });
  }
  throttle.failed(name); // until it is known better, so that many guesses at once count
  const [user] = await db.select().from(users).where(eq(users.name, name));
  if (!(await checkPassword(user?.password, password))) {
    throw new ServiceError(401, 'The name or the password is wrong.');
  }
  throttle.succeeded(name);
  const projects = await projectsOf(db, name);
  const chosen = project === undefined ? projects[0] : projects.find((each) => each.project === project);
  if (!chosen) throw new ServiceError(403, `'${name}' is not in the project '${project ?? ''}'.`);
  const token = randomBytes(32).toString('base64url');
  const expiresAt = new Date(now.getTime() + sessionLength);
  await db.transaction(async (transaction) => {
    await transaction.delete(sessions).where(lt(sessions.expiresAt, now));
    await transaction
      .insert(sessions)
      .values({ hash: hashOf(token), user: name, project: chosen.project, createdAt: now, expiresAt });
    await transaction.update(users).set({ signedInAt: now }).where(eq(users.name, name));
  });
  return { session: { user: name, ...chosen, projects, expiresAt, csrf: csrfOf(token) }, token };
}

/** Who is signed in with a token; undefined when nobody is any more. */
export async function findSession(
  db: Database,
  token: string,
  now = new Date(),
): Promise<Omit<Session, 'projects'> | undefined> {
  const [row] = await db
    .select({
      user: sessions.user,
      project: sessions.project,
      role: members.role,
      expiresAt: sessions.expiresAt,
    })
    .from(sessions)
    .innerJoin(members, and(eq(members.user, sessions.user), eq(members.project, sessions.project)))
    .where(eq(sessions.hash, hashOf(token)));
  return row && row.expiresAt > now ? { ...row, csrf: csrfOf(token) } : undefined;
}

/** The projects that somebody is in. */
export async function projectsOf(db: Database, name: string): Promise<Session['projects']> {
  return db
    .select({ project: members.project, role: members.role })
    .from(members)
    .where(eq(members.user, name))
    .orderBy(asc(members.project));
}

/** Looks at another project. @throws NotFoundError when they are not in it */
export async function changeProject(
  db: Database,
  token: string,
  user: string,
  project: string,
): Promise<void> {
  if (!(await projectsOf(db, user)).some((each) => each.project === project)) {
    throw new NotFoundError(`'${user}' is in no project '${project}'.`);
  }
  await db
    .update(sessions)
    .set({ project })
    .where(eq(sessions.hash, hashOf(token)));
}

/** Signs out. */
export async function signOut(db: Database, token: string): Promise<void> {
  await db.delete(sessions).where(eq(sessions.hash, hashOf(token)));
}

/** Changes one's own password, which ends all sessions. @throws InputError when the old one is wrong or the new one will not do; ServiceError 429 */
export async function changePassword(
  db: Database,
  throttle: Throttle,
  name: string,
  { before, password }: { readonly before: string; readonly password: string },
): Promise<void> {
  if (throttle.waitOf(name) > 0)
    throw new ServiceError(429, 'Too many failures: wait a few minutes.', { 'Retry-After': '60' });
  const [user] = await db.select().from(users).where(eq(users.name, name));
  if (!(await checkPassword(user?.password, before))) {
    throttle.failed(name);
    throw new InputError('The password before is another one.');
  }
  await replacePassword(db, name, await hashPassword(password));
}

/** The token in a request's cookie. */
export function tokenOf(request: RequestHead): string | undefined {
  const cookies = request.headers.get('Cookie') ?? '';
  return new RegExp(`(?:^|;\\s*)${sessionCookie}=([\\w-]{43})(?:;|$)`).exec(cookies)?.[1];
}

/** The cookie that keeps a token, or with undefined takes it away. @param secure whether it goes over HTTPS alone */
export function cookieOf(token: string | undefined, secure: boolean): string {
  const age = token === undefined ? 0 : sessionLength / 1000;
  return `${sessionCookie}=${token ?? ''}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${age}${secure ? '; Secure' : ''}`;
}

const readOnly = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Knows people by the session in their cookie.
 * @throws ServiceError 401 when nobody is signed in any more, 403 when the request changes something and does not say the session's csrf
 */
export async function principalOfSession(
  db: Database,
  request: RequestHead,
  token: string,
): Promise<Principal> {
  const session = await findSession(db, token);
  if (!session) throw new ServiceError(401, 'The session is over: sign in again.');
  if (!readOnly.has(request.method) && !isSame(request.headers.get(csrfHeader) ?? '', session.csrf)) {
    throw new ServiceError(
      403,
      `A request that changes something needs the header ${csrfHeader}; GET /api/session says its value.`,
    );
  }
  return { name: session.user, project: session.project, role: session.role, user: session.user };
}

const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex');
const csrfOf = (token: string): string => createHash('sha256').update(`csrf ${token}`).digest('base64url');

function isSame(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
