import { note } from '../access/audit.js';
import { mayAct, type Principal, requireModel } from '../access/keys.js';
import { listModels } from '../registry/index.js';
import { ServiceError } from '../server/errors.js';
import type { IndexedModel, ModelRepository } from '../server/modelSource.js';
import type { Store } from '../store/index.js';
import type { Deployments } from './deployments.js';

/** The models of a project as a repository: those that are deployed answer. */
export function repositoryOf({ db }: Store, deployments: Deployments, caller: Principal): ModelRepository {
  const { project, role, name: key, models: allowed } = caller;
  const change = async (action: string, model: string, work: () => Promise<unknown>): Promise<void> => {
    if (!mayAct(role, 'developer'))
      throw new ServiceError(403, `The key '${key}' has the role ${role}, but this needs developer.`);
    requireModel(caller, model);
    await work();
    await note(db, caller, action, model);
  };
  return {
    async index() {
      const [models, deployed] = await Promise.all([listModels(db, { project }), deployments.list(project)]);
      return models
        .filter(({ name }) => !allowed || allowed.includes(name))
        .flatMap(({ name }): IndexedModel[] => {
          const deployment = deployed.find(({ model }) => model === name);
          if (!deployment) return [{ name, state: 'UNAVAILABLE', reason: 'unloaded' }];
          const { ready, error, versions } = deployment;
          if (!ready) return [{ name, state: 'UNAVAILABLE', reason: error ?? 'loading' }];
          return versions.map(({ version }) => ({ name, version: String(version), state: 'READY' }));
        });
    },
    load: (model) =>
      change('deployment.set', model, async () => {
        const deployed = (await deployments.list(project)).find((each) => each.model === model);
        await deployments.deploy(deployed ?? { project, model, reference: 'latest' });
      }),
    unload: (model) => change('deployment.remove', model, () => deployments.remove(project, model)),
  };
}
