import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { and, eq, sql } from 'drizzle-orm';
import { type ModelConfig, readModelFolder } from 'modelwright/saved';
import { InputError } from '../errors.js';
import type { Store } from '../store/index.js';
import { models, type VersionFile, versions } from '../store/schema.js';
import { requireName } from './names.js';
import { digestOf, type Signer } from './signature.js';

/** A model folder that is to become a version. */
export interface NewVersion {
  readonly project: string;
  /** Name of the model; made when it is not there yet. */
  readonly name: string;
  /** Folder of a saved model. */
  readonly directory: string;
  readonly description?: string | undefined;
  /** The run that made it. */
  readonly run?: string | undefined;
  /** The version of the same model that it was trained on from. */
  readonly parent?: number | undefined;
  readonly tags?: readonly string[] | undefined;
}

/** The most files of a version. */
const mostFiles = 1000;

/**
 * Makes a saved model's folder the next version of a model. The files are copied; the folder may go afterwards.
 * @returns the version's number, from 1
 * @throws InputError when the folder holds no whole model, or the name is not fit for addresses
 */
export async function publishVersion(
  { db, objects }: Store,
  version: NewVersion,
  signer?: Signer,
): Promise<number> {
  const { project, directory } = version;
  const name = requireName('The model name', version.name);
  const { config, directory: actual } = await readModelFolder(directory).catch((error: Error) => {
    throw new InputError(error.message, { cause: error });
  });
  const files: VersionFile[] = [];
  for (const path of await filesOf(actual)) {
    files.push({ path, ...(await objects.put(createReadStream(join(actual, path)))) });
  }
  const digest = digestOf(files);
  return db.transaction(async (transaction) => {
    const now = new Date();
    await transaction
      .insert(models)
      .values({ id: randomUUID(), project, name, description: version.description ?? '', createdAt: now })
      .onConflictDoNothing();
    const [model] = await transaction
      .update(models)
      .set({
        nextVersion: sql`${models.nextVersion} + 1`,
        ...(version.description !== undefined && { description: version.description }),
      })
      .where(and(eq(models.project, project), eq(models.name, name)))
      .returning({ id: models.id, next: models.nextVersion });
    const number = model!.next - 1;
    await transaction.insert(versions).values({
      model: model!.id,
      version: number,
      task: config.task,
      files,
      digest,
      signature: signer?.sign(digest) ?? null,
      run: version.run ?? null,
      parent: version.parent ?? null,
      metrics: metricsOf(config),
      dataFingerprint: textOf(config.training?.fingerprint) ?? null,
      tags: [...(version.tags ?? [])],
      createdAt: now,
    });
    return number;
  });
}

/** All files of a folder and those below it, by their paths with `/`. @throws InputError for links and the like */
async function filesOf(folder: string, inner = ''): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(join(folder, inner), { withFileTypes: true })) {
    const path = inner === '' ? entry.name : `${inner}/${entry.name}`;
    if (entry.isDirectory()) found.push(...(await filesOf(folder, path)));
    else if ((await lstat(join(folder, path))).isFile()) found.push(path);
    else
      throw new InputError(
        `${join(folder, path)} is neither a file nor a folder: a model holds nothing else.`,
      );
    if (found.length > mostFiles) throw new InputError(`${folder} has more than ${mostFiles} files.`);
  }
  return found.sort();
}

function metricsOf({ evaluation }: ModelConfig): Record<string, number> {
  const { metrics } = evaluation ?? {};
  if (typeof metrics !== 'object' || metrics === null) return {};
  return Object.fromEntries(
    Object.entries(metrics).filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
  );
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
