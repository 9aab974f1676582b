import type { RequestHead } from '../watching/index.js';
import { ServiceError } from './errors.js';
import type { ServedModel } from './servedModel.js';

/** A model that may be asked. */
export interface ListedModel {
  readonly name: string;
  /** The versions that answer; none while it does not. */
  readonly versions: readonly string[];
  /** Why it does not answer. */
  readonly reason?: string | undefined;
  /** Since when it is there. */
  readonly createdAt: Date;
  /** Whom it belongs to. */
  readonly owner: string;
}

/** A model that there is, whether it answers or not. */
export interface IndexedModel {
  readonly name: string;
  /** The version that answers; left out where none does. */
  readonly version?: string | undefined;
  readonly state: 'READY' | 'UNAVAILABLE';
  /** Why it does not answer. */
  readonly reason?: string | undefined;
}

/** Where models are kept that may answer. */
export interface ModelRepository {
  /** All models, by name. */
  index(): Promise<readonly IndexedModel[]>;
  /** Lets a model answer. @throws ServiceError, StateError or NotFoundError where it cannot */
  load(name: string): Promise<void>;
  /** Lets a model answer no more, once the requests that have come are answered. @throws as `load` does */
  unload(name: string): Promise<void>;
}

/** Where the routes find models, as one caller sees them. */
export interface ModelSource {
  /** The models that the caller may ask, in an order that stays. */
  list(): Promise<readonly ListedModel[]>;
  /**
   * A model to ask; it stays open until the caller is `done`.
   * @param version default: what answers at present
   * @throws ServiceError 404 naming what there is; another where the caller may not ask it now
   */
  find(name: string, version?: string): Promise<ServedModel>;
  readonly repository: ModelRepository;
  /** The request is answered, and asks no more of the models that it has found; work that waits for a replica is done all the same. */
  done?(): void;
}

/**
 * Finds out who asks, and so which models may be asked.
 * @throws ServiceError 401 saying what is wrong with the key
 */
export type SourceOf = (request: RequestHead) => ModelSource | Promise<ModelSource>;

/** A model that will hear sound as it arrives. */
export interface AcceptedStream {
  /** It stays open until `done`. */
  readonly model: ServedModel;
  done(): void;
}

/** What each request carries along. */
export interface ModelEnvironment {
  /** Where a request opens a WebSocket: takes the model that it may stream to. */
  readonly Bindings: { readonly takeStream?: (accepted: AcceptedStream) => void };
  /** `isKept`: the models that were found are in use after the answer. */
  readonly Variables: { models: ModelSource; isKept?: boolean };
}

/** @throws ServiceError 404 naming the models there are */
export function noSuchModel(name: string, known: readonly string[]): ServiceError {
  const there = known.length === 0 ? 'There are no models.' : `Models: ${known.join(', ')}.`;
  return new ServiceError(404, `There is no model '${name}'. ${there}`, {}, { code: 'model_not_found' });
}

/** Models that anybody may ask. @throws Error when there is none, or two of one name */
export function fixedModels(models: readonly ServedModel[], owner = 'modelwright'): ModelSource {
  if (models.length === 0) throw new Error('There is no model to serve.');
  const named = new Map<string, ServedModel>();
  for (const model of models) {
    if (named.has(model.name))
      throw new Error(`Two models are called '${model.name}': give one another name.`);
    named.set(model.name, model);
  }
  const createdAt = new Date();
  const stays = async (name: string): Promise<void> => {
    if (!named.has(name)) throw noSuchModel(name, [...named.keys()]);
    throw new ServiceError(
      400,
      'The models of this server stay as they are; those of the platform come and go.',
    );
  };
  return {
    repository: {
      index: async () => models.map(({ name, version }) => ({ name, version, state: 'READY' })),
      load: stays,
      unload: stays,
    },
    list: async () => models.map(({ name, version }) => ({ name, versions: [version], createdAt, owner })),
    async find(name, version) {
      const model = named.get(name);
      if (!model) throw noSuchModel(name, [...named.keys()]);
      requireVersion(name, version, [model.version]);
      return model;
    },
  };
}

/** @throws ServiceError 404 naming the versions there are, when the one that is asked for is none of them */
export function requireVersion(name: string, version: string | undefined, known: readonly string[]): void {
  if (version === undefined || known.includes(version)) return;
  throw new ServiceError(
    404,
    `There is no version '${version}' of '${name}'. Version: ${known.join(', ')}.`,
    {},
    { code: 'model_not_found' },
  );
}
