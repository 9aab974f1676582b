// What a training needs from where it runs. Node and browsers each set it once, in their entry points.
import type { ModelCardPicture } from '../report/modelCard/info.js';
import type { Progress, ProgressOptions } from '../report/terminal/progress.js';
import type { Device } from '../runtime/runtime.js';
import type { JsonObject } from '../saved/config.js';
import type { Engine } from './engine/engine.js';
import type { EngineSetup } from './engine/protocol.js';
import type { ExportForm } from './export.js';
import type { TrainedModel } from './trained.js';

/** A place where a training keeps its checkpoints. A write is whole or not there at all. */
export interface CheckpointStore {
  write(name: string, content: Uint8Array): Promise<void>;
  /** Undefined when there is no such checkpoint. */
  read(name: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
}

/** What the model card of a saved model says beyond what the model knows of itself. */
export interface SaveOptions {
  /** What the model is called. Default: the folder's name. */
  readonly name?: string;
  readonly description?: string;
  /** Licence of the model as Hugging Face names it, such as `apache-2.0`. Default: the card names none, for that is its owner's to say. */
  readonly license?: string;
  /** What it was trained on. */
  readonly data?: string;
  readonly limitations?: string;
  readonly language?: 'en' | 'zh';
  /** Task as Hugging Face names it. Default: by what the model takes and gives. */
  readonly task?: string;
  /** What the saved model gives, and its task. Default: by the loss. */
  readonly form?: ExportForm;
  /** How raw data becomes the model's inputs, for config.json. Default: what the model knows of it. */
  readonly preprocessing?: JsonObject;
  /** An input that the card shows the model with, such as a text. */
  readonly sampleInput?: string;
  /** More files by their path in the folder, such as a tokenizer. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** Pictures among the files that the card shows. */
  readonly pictures?: readonly ModelCardPicture[];
  /** What was measured on data it had not seen. */
  readonly evaluation?: {
    /** What the data is called. */
    readonly data: string;
    readonly examples: number;
    readonly metrics: Readonly<Record<string, number>>;
    /** Counts by true class and predicted class. */
    readonly confusionMatrix?: readonly (readonly number[])[];
  };
}

export interface TrainingPlatform {
  /** Cores that training may use. */
  readonly cores: number;
  openEngine(setup: EngineSetup): Promise<Engine>;
  openStore(directory: string): CheckpointStore;
  /** Shows progress to a person; undefined where nobody looks. */
  progress: ((options: ProgressOptions) => Progress) | undefined;
  readonly devices: readonly Device[];
  /** Writes a model's folder. */
  save(trained: TrainedModel, directory: string, options: SaveOptions): Promise<void>;
}

let current: TrainingPlatform | undefined;

/** Sets where trainings run from now on. */
export function setTrainingPlatform(platform: TrainingPlatform): void {
  current = platform;
}

/** @throws Error when no entry point of the package has been imported */
export function trainingPlatform(): TrainingPlatform {
  if (!current)
    throw new Error(
      "No training platform is set. Import 'modelwright' (or 'modelwright/browser'), not a file inside it.",
    );
  return current;
}
