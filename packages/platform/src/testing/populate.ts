// For tests: a platform that has one of everything.
import { join } from 'node:path';
import { createKey } from '../access/keys.js';
import { createUser } from '../access/users.js';
import { claimJob, noteUpload, submitJob } from '../jobs/index.js';
import { publishVersion, setAlias } from '../registry/index.js';
import { addArtefact, createRun } from '../runs/record.js';
import { defaultProject, type Service } from '../service.js';
import { saveBrightnessModel } from '../testing.js';

/** What the parameters of addresses stand for, by the part of the address before them. */
export type Places = Readonly<Record<string, string>>;

/** Fills the first project with a run, a deployed model, a job that a worker has, a key and a person. */
export async function populate({ store }: Service, folder: string): Promise<Places> {
  const { db, objects } = store;
  const project = defaultProject;
  const directory = join(folder, 'bright');
  await saveBrightnessModel(directory);
  await publishVersion(store, { project, name: 'bright', directory });
  await setAlias(db, project, 'bright', 'champion', '1');
  const runs = await createRun(db, { project, name: 'run' });
  await addArtefact(db, runs, 'a.txt', await objects.put(Buffer.from('a')));
  const { sha256, size } = await objects.put(Buffer.from('data'));
  await noteUpload(db, project, { sha256, size });
  const spec = { data: 'digits', parameters: {} };
  const work = { kind: 'train', task: 'image-classification', spec } as const;
  const { id: jobs } = (await submitJob(db, { ...work, project, name: 'job', submittedBy: 'test' })).job;
  await claimJob(db, { project, worker: 'w', lease: 3_600_000 });
  await createUser(db, { project, name: 'li', role: 'caller', password: 'a long password' });
  const { id: keys } = await createKey(db, { project, name: 'k', role: 'caller' });
  return {
    ...{ runs, files: 'a.txt', metrics: 'loss', jobs, attempts: '1', uploads: sha256, contents: sha256 },
    ...{
      models: 'bright',
      versions: '1',
      aliases: 'champion',
      deployments: 'bright',
      drift: 'bright',
      keys,
      users: 'li',
    },
  };
}

/** Deploys the model of `populate`. */
export async function deployBright({ fetch }: Service, key: string): Promise<Response> {
  return fetch(
    new Request('http://localhost/api/deployments/bright', {
      method: 'PUT',
      headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ version: 1, replicas: 1 }),
    }),
  );
}

/** An address with what its parameters stand for. @throws Error for a parameter that nothing is known of */
export function addressOf(path: string, places: Places): string {
  return path.replaceAll(/(\w+)\/\{\w+\}/g, (_, before: string) => {
    const value = places[before];
    if (value === undefined)
      throw new Error(
        `What stands in the place after '${before}' in ${path}? Say it in testing/populate.ts.`,
      );
    return `${before}/${value}`;
  });
}
