import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { LimitError } from 'modelwright/runtime';
import { StateError } from '../errors.js';
import { checkOut, type FoundVersion, findVersion } from '../registry/index.js';
import type { ServingSettings } from '../server/servedModel.js';
import { serveModel } from '../server/servedModel.js';
import type { Store } from '../store/index.js';
import { unwatched } from '../watching/index.js';
import type { ModelMemory } from './modelMemory.js';
import type { DeploymentRow } from './rows.js';
import { Slot } from './slot.js';
import type { DeploymentsOptions } from './types.js';

/** Bytes that a replica takes beside its model. */
const replicaBytes = 20e6;

/** Makes slots for versions: what opens them is laid out from the store, its files checked. */
export class Slots {
  readonly #store: Store;
  readonly #memory: ModelMemory;
  readonly #options: DeploymentsOptions;

  constructor(store: Store, memory: ModelMemory, options: DeploymentsOptions) {
    this.#store = store;
    this.#memory = memory;
    this.#options = options;
  }

  /** A slot for a version of a deployed model. @throws NotFoundError when there is no such version */
  async of({ project, model }: DeploymentRow, number: number, settings: ServingSettings): Promise<Slot> {
    const { folder, signer, watch = () => unwatched, sample, limits } = this.#options;
    const version = String(number);
    const found = await findVersion(this.#store.db, project, model, version);
    return new Slot(bytesOf(found, settings), this.#memory, async () => {
      await mkdir(folder, { recursive: true });
      const directory = join(folder, found.digest);
      await checkOut(this.#store.objects, found, directory, signer);
      return serveModel(directory, {
        ...{ name: model, version },
        ...settings,
        watch: watch(project, model, version),
        sample: sample?.(project, model, version),
        limits,
      }).catch((error: unknown) => {
        if (!(error instanceof LimitError)) throw error;
        throw new StateError(`Version ${version} of '${model}' cannot be opened. ${error.message}`, {
          cause: error,
        });
      });
    });
  }
}

/** About what a version takes in memory: each replica a thread, the weights as read and as laid out for running, the other files. */
function bytesOf({ files }: FoundVersion, { replicas = 2 }: ServingSettings): number {
  const sizes = files.map(({ path, size }) => (path.startsWith('onnx/') ? 2 * size : size));
  return replicas * sizes.reduce((sum, size) => sum + size, replicaBytes);
}
