import { join } from 'node:path';
import { type Database, openEmbeddedDatabase, openServerDatabase } from './database.js';
import { folderObjects, type ObjectStore } from './objects.js';
import { s3Objects } from './s3.js';

export type { Database } from './database.js';
export type { ObjectStore, StoredObject } from './objects.js';

/** Everything that the platform keeps: a database, and contents of files. */
export interface Store {
  readonly db: Database;
  readonly objects: ObjectStore;
  close(): Promise<void>;
}

export interface StoreOptions {
  /** The folder for files, and for the database where no server has it. */
  readonly folder: string;
  /** A PostgreSQL server, as `postgres://user:password@host/database`. Default: the database is in the folder. */
  readonly databaseUrl?: string | undefined;
  /** An S3-compatible server for the contents of files, as `s3://bucket/prefix?endpoint=https://host`. Default: the folder. */
  readonly objects?: string | undefined;
}

/** Opens the store, making what is not there yet. @throws Error when the database cannot be used, with the reason */
export async function openStore({ folder, databaseUrl, objects: place }: StoreOptions): Promise<Store> {
  const contents = join(folder, 'objects');
  const objects = place ? await s3Objects(place, contents) : folderObjects(contents);
  const { db, close } = databaseUrl
    ? await openServerDatabase(databaseUrl)
    : await openEmbeddedDatabase(join(folder, 'database'));
  return { db, objects, close };
}
