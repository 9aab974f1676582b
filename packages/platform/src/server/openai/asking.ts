import { badRequest } from '../errors.js';
import { findModel, type ModelContext } from '../routes.js';
import type { ServedModel } from '../servedModel.js';
import type { Abilities, AbilityName } from '../tasks/abilities.js';
import { wrongField } from './faults.js';

const actions: Readonly<Record<AbilityName, string>> = {
  embed: 'give embeddings',
  complete: 'complete texts',
  chat: 'chat',
  transcribe: 'write down speech',
  classify: 'classify texts',
};

/** The model that a request names. @throws ServiceError 404 when there is none, 400 when it cannot do what is asked */
export async function modelFor(c: ModelContext, name: unknown, ability: AbilityName): Promise<ServedModel> {
  if (typeof name !== 'string' || name === '') throw wrongField('model', "'model' should name a model.");
  const model = await findModel(c, name);
  if (model.abilities.has(ability)) return model;
  throw wrongField(
    'model',
    `The model '${name}' is for ${model.config.task}, which does not ${actions[ability]}.`,
  );
}

/** An ability of a replica whose model has it. */
export function ability<Name extends AbilityName>(can: Abilities, name: Name): NonNullable<Abilities[Name]> {
  const found = can[name];
  if (!found) throw badRequest(`The model does not ${actions[name]}.`);
  return found as NonNullable<Abilities[Name]>;
}
