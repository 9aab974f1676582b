import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { and, eq, sql } from 'drizzle-orm';
import type { RunLimits } from 'modelwright/runtime';
import { type ModelConfig, type ModelFolder, readModelFolder, tryModel } from 'modelwright/saved';
import { InputError } from '../errors.js';
import type { Database, Store } from '../store/index.js';
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

/** How versions are published. */
export interface PublishingSettings {
  /** Signs them. Default: nobody does. */
  readonly signer?: Signer | undefined;
  /** What their models may take when they are tried. Default: `trialLimits`. */
  readonly limits?: RunLimits | undefined;
}

/** What a model may take: 2 GB, and 30 seconds a run. */
export const trialLimits: RunLimits = { memory: 2e9, timeout: 30_000 };

/** The most files of a version. */
const mostFiles = 1000;

/** A version whose files are stored, and which no model has yet. */
export type PreparedVersion = Omit<NewVersion, 'directory'> &
  Pick<
    typeof versions.$inferInsert,
    'task' | 'files' | 'digest' | 'signature' | 'metrics' | 'dataFingerprint'
  >;

/**
 * Makes a saved model's folder the next version of a model. The files are copied; the folder may go afterwards.
 * @returns the version's number, from 1
 * @throws InputError when the folder holds no whole model, or the name is not fit for addresses
 */
export async function publishVersion(
  store: Store,
  version: NewVersion,
  settings?: PublishingSettings,
): Promise<number> {
  const prepared = await prepareVersion(store, version, settings);
  const { version: number } = await store.db.transaction((transaction) => addVersion(transaction, prepared));
  return number;
}

/** Stores the files of a version that is to be. @throws as publishVersion */
export async function prepareVersion(
  { objects }: Store,
  { directory, ...version }: NewVersion,
  { signer, limits = trialLimits }: PublishingSettings = {},
): Promise<PreparedVersion> {
  requireName('The model name', version.name);
  const { config, directory: actual } = await readTried(directory, limits).catch((error: Error) => {
    throw new InputError(error.message, { cause: error });
  });
  const files: VersionFile[] = [];
  for (const path of await filesOf(actual)) {
    files.push({ path, ...(await objects.put(createReadStream(join(actual, path)))) });
  }
  const digest = digestOf(files);
  return {
    ...version,
    task: config.task,
    files,
    digest,
    signature: signer?.sign(digest) ?? null,
    metrics: metricsOf(config),
    dataFingerprint: textOf(config.training?.fingerprint) ?? null,
  };
}

/** A saved model, whose ONNX files can be opened and run without harm. @throws Error saying what is wrong */
async function readTried(directory: string, limits: RunLimits): Promise<ModelFolder> {
  const folder = await readModelFolder(directory);
  await tryModel(folder.directory, limits);
  return folder;
}

/** Makes what is prepared the next version of its model, which is made when it is not there yet. */
export async function addVersion(
  transaction: Pick<Database, 'insert' | 'update'>,
  { project, name, description, run, parent, tags, ...prepared }: PreparedVersion,
): Promise<{ readonly model: string; readonly version: number }> {
  const now = new Date();
  await transaction
    .insert(models)
    .values({ id: randomUUID(), project, name, description: description ?? '', createdAt: now })
    .onConflictDoNothing();
  const [model] = await transaction
    .update(models)
    .set({
      nextVersion: sql`${models.nextVersion} + 1`,
      ...(description !== undefined && { description }),
    })
    .where(and(eq(models.project, project), eq(models.name, name)))
    .returning({ id: models.id, next: models.nextVersion });
  const version = model!.next - 1;
  await transaction.insert(versions).values({
    ...prepared,
    model: model!.id,
    version,
    run: run ?? null,
    parent: parent ?? null,
    tags: [...(tags ?? [])],
    createdAt: now,
  });
  return { model: model!.id, version };
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
