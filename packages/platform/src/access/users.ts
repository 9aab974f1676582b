import { and, asc, eq, sql } from 'drizzle-orm';
import { InputError, NotFoundError, StateError } from '../errors.js';
import type { Database } from '../store/database.js';
import { members, projects, type Role, sessions, users } from '../store/schema.js';
import { defaultProject } from './keys.js';
import { hashPassword } from './passwords.js';

/** A person who is to be let into a project. */
export interface NewUser {
  readonly project: string;
  readonly name: string;
  readonly role: Role;
  /** For somebody new; left out for somebody who is in another project already. */
  readonly password?: string | undefined;
}

/** A person as a project sees them. */
export interface MemberView {
  readonly name: string;
  readonly role: Role;
  readonly createdAt: Date;
  readonly signedInAt: Date | null;
}

/**
 * Lets a person into a project.
 * @throws InputError when the name or the password will not do; StateError when they are in it already, or the name is taken
 */
export async function createUser(db: Database, { project, name, role, password }: NewUser): Promise<void> {
  if (!/^[A-Za-z0-9][\w.@+-]{0,99}$/.test(name)) {
    throw new InputError(
      `'${name.slice(0, 100)}' is no fit name: take letters, digits, and . @ + - _ within, at most 100.`,
    );
  }
  const hash = password === undefined ? undefined : await hashPassword(password);
  const now = new Date();
  await db.transaction(async (transaction) => {
    await transaction.insert(projects).values({ name: project }).onConflictDoNothing();
    if (hash !== undefined) {
      const made = await transaction
        .insert(users)
        .values({ name, password: hash, createdAt: now })
        .onConflictDoNothing()
        .returning({ name: users.name });
      if (made.length === 0) {
        throw new StateError(
          `There is a user '${name}' already. Without a password they are let into this project.`,
        );
      }
    } else {
      const [there] = await transaction.select({ name: users.name }).from(users).where(eq(users.name, name));
      if (!there) throw new InputError(`There is no user '${name}' yet: give a password.`);
    }
    const joined = await transaction
      .insert(members)
      .values({ user: name, project, role, createdAt: now })
      .onConflictDoNothing()
      .returning({ user: members.user });
    if (joined.length === 0) throw new StateError(`'${name}' is in the project '${project}' already.`);
  });
}

/** The people of a project. */
export async function listUsers(db: Database, project: string): Promise<readonly MemberView[]> {
  return db
    .select({
      name: users.name,
      role: members.role,
      createdAt: members.createdAt,
      signedInAt: users.signedInAt,
    })
    .from(members)
    .innerJoin(users, eq(users.name, members.user))
    .where(eq(members.project, project))
    .orderBy(asc(users.name));
}

/** Changes what a person may do in a project; it counts at once. @throws NotFoundError when they are not in it */
export async function setRole(db: Database, project: string, name: string, role: Role): Promise<void> {
  const found = await db
    .update(members)
    .set({ role })
    .where(and(eq(members.user, name), eq(members.project, project)))
    .returning({ user: members.user });
  if (found.length === 0) throw notThere(project, name);
}

/**
 * Gives a person another password, and signs them out everywhere.
 * @param project whose administrator does it: those of the first project may for everybody, others for people who are in theirs alone
 * @throws NotFoundError, InputError, or StateError when they are in other projects too
 */
export async function setPassword(
  db: Database,
  project: string,
  name: string,
  password: string,
): Promise<void> {
  const hash = await hashPassword(password);
  const found = await db.select({ project: members.project }).from(members).where(eq(members.user, name));
  if (!found.some((member) => member.project === project)) throw notThere(project, name);
  if (found.length > 1 && project !== defaultProject) {
    throw new StateError(
      `'${name}' is in other projects too: they change their password themselves, or an administrator of '${defaultProject}' does.`,
    );
  }
  await replacePassword(db, name, hash);
}

/** Keeps another password, and ends all sessions. @param hash as `hashPassword` makes it */
export async function replacePassword(db: Database, name: string, hash: string): Promise<void> {
  await db.transaction(async (transaction) => {
    await transaction.update(users).set({ password: hash }).where(eq(users.name, name));
    await transaction.delete(sessions).where(eq(sessions.user, name));
  });
}

/** Takes a person out of a project; whoever is in none is forgotten. @throws NotFoundError when they are not in it */
export async function removeUser(db: Database, project: string, name: string): Promise<void> {
  await db.transaction(async (transaction) => {
    const gone = await transaction
      .delete(members)
      .where(and(eq(members.user, name), eq(members.project, project)))
      .returning({ user: members.user });
    if (gone.length === 0) throw notThere(project, name);
    await transaction.delete(sessions).where(and(eq(sessions.user, name), eq(sessions.project, project)));
    await transaction
      .delete(users)
      .where(and(eq(users.name, name), sql`not exists (select 1 from members where members.user = ${name})`));
  });
}

const notThere = (project: string, name: string): NotFoundError =>
  new NotFoundError(`There is no user '${name}' in the project '${project}'.`);
