import { and, desc, eq, lt } from 'drizzle-orm';
import type { Database } from '../store/database.js';
import { audit, type JsonObject } from '../store/schema.js';
import type { Principal } from './keys.js';

export type AuditEntry = typeof audit.$inferSelect;

/** Notes who changed what. @param action such as `version.delete`; @param subject what it was done to, such as `digits/3` */
export async function note(
  db: Pick<Database, 'insert'>,
  { name, project }: Principal,
  action: string,
  subject: string,
  details: JsonObject = {},
): Promise<void> {
  await db.insert(audit).values({ at: new Date(), project, actor: name, action, subject, details });
}

/** What was changed in a project, newest first. @param before the id of the last entry of the page before */
export async function listAudit(
  db: Database,
  project: string,
  { before, limit = 100 }: { before?: number | undefined; limit?: number | undefined } = {},
): Promise<readonly AuditEntry[]> {
  return db
    .select()
    .from(audit)
    .where(and(eq(audit.project, project), before === undefined ? undefined : lt(audit.id, before)))
    .orderBy(desc(audit.id))
    .limit(limit);
}
