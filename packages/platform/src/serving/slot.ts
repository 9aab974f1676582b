import type { ServedModel } from '../server/servedModel.js';
import type { Holder, ModelMemory } from './modelMemory.js';

/** A version of a model that is opened when it is asked for, and may be closed when it is not. */
export class Slot implements Holder {
  readonly bytes: number;
  readonly #open: () => Promise<ServedModel>;
  readonly #memory: ModelMemory;
  #model: ServedModel | undefined;
  #opening: Promise<ServedModel> | undefined;
  #closing: Promise<void> = Promise.resolve();
  #holds = 0;
  #isRetired = false;
  #left: (() => void) | undefined;

  /** @param bytes about what it takes in memory while it is open */
  constructor(bytes: number, memory: ModelMemory, open: () => Promise<ServedModel>) {
    this.bytes = bytes;
    this.#memory = memory;
    this.#open = open;
  }

  /** Whether it is in memory. */
  get isOpen(): boolean {
    return this.#model !== undefined;
  }

  get isIdle(): boolean {
    return this.#holds === 0 && this.#model !== undefined;
  }

  /** The model, which stays open until `letGo`. @throws Error when it cannot be opened */
  async hold(): Promise<ServedModel> {
    if (this.#isRetired) throw new Error('This version is no longer deployed.');
    this.#holds++;
    try {
      if (this.#model) {
        this.#memory.touch(this);
        return this.#model;
      }
      this.#opening ??= this.#load().finally(() => {
        this.#opening = undefined;
      });
      return await this.#opening;
    } catch (error) {
      this.letGo();
      throw error;
    }
  }

  /** One of those who hold it does so no more. */
  letGo(): void {
    this.#holds--;
    if (this.#holds > 0) return;
    this.#left?.();
    this.#memory.wake();
  }

  async evict(): Promise<void> {
    const model = this.#model;
    this.#model = undefined;
    if (model) this.#closing = model.release().finally(() => this.#memory.free(this));
    await this.#closing;
  }

  /** Closes it for good, once nobody holds it. */
  async retire(): Promise<void> {
    this.#isRetired = true;
    if (this.#holds > 0) {
      await new Promise<void>((resolve) => {
        this.#left = resolve;
      });
    }
    await this.evict();
  }

  async #load(): Promise<ServedModel> {
    await this.#closing;
    await this.#memory.take(this);
    try {
      this.#model = await this.#open();
      return this.#model;
    } catch (error) {
      this.#memory.free(this);
      throw error;
    }
  }
}
