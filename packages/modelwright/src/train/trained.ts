import type { NdArray } from '../graph/array.js';
import type { Variables } from '../nn/context.js';
import type { Layer } from '../nn/layer.js';
import type { Loss } from '../nn/losses/index.js';
import type { Metric } from '../nn/metrics/index.js';
import type { History } from '../report/history.js';
import { defaultRuntime } from '../runtime/defaultRuntime.js';
import type { Executable } from '../runtime/runtime.js';
import { type ExportedModel, type ExportForm, exportModel, predictionGraph } from './export.js';
import { type SaveOptions, trainingPlatform } from './platform.js';
import type { BatchTypes } from './step.js';

/** How a model came to be what it is. */
export interface TrainingRecord {
  readonly seed: number;
  readonly epochs: number;
  /** The epoch whose parameters these are, where the best were kept and not the last. */
  readonly bestEpoch?: number;
  readonly batchSize: number;
  readonly steps: number;
  readonly seconds: number;
  readonly optimizer: string;
  readonly learningRate: number;
  readonly loss: string;
  readonly examples: number;
  /** Digest of the training data. */
  readonly fingerprint: string;
  readonly workers: number;
  readonly device: string;
}

/** All that a trained model consists of. */
export interface TrainedContent {
  readonly model: Layer;
  readonly variables: Variables;
  readonly history: History;
  readonly loss: Loss;
  readonly metrics: readonly Metric[];
  /** Types of one batch it was trained on: names, dtypes and shapes. */
  readonly batchTypes: BatchTypes;
  readonly classNames: readonly string[] | undefined;
  readonly training: TrainingRecord;
}

/** A model with its parameters, and how it came to have them. */
export class TrainedModel implements TrainedContent {
  readonly model: Layer;
  readonly variables: Variables;
  readonly history: History;
  readonly loss: Loss;
  readonly metrics: readonly Metric[];
  readonly batchTypes: BatchTypes;
  readonly classNames: readonly string[] | undefined;
  readonly training: TrainingRecord;
  #executable: Promise<Executable> | undefined;

  constructor(content: TrainedContent) {
    this.model = content.model;
    this.variables = content.variables;
    this.history = content.history;
    this.loss = content.loss;
    this.metrics = content.metrics;
    this.batchTypes = content.batchTypes;
    this.classNames = content.classNames;
    this.training = content.training;
  }

  /**
   * What the network gives for a batch, as it is: logits for a classifier.
   * @param inputs [batch, ..] of the dtype and shape it was trained on; several for a network of several inputs
   */
  async predict(...inputs: NdArray[]): Promise<NdArray> {
    this.#executable ??= defaultRuntime().compile(predictionGraph(this), { inference: true });
    const [output] = await (await this.#executable).run(inputs);
    return output!;
  }

  /**
   * The model as standard files, in memory.
   * @param form what the saved model gives. Default: by the loss
   */
  export(form?: ExportForm): ExportedModel {
    return exportModel(this, form);
  }

  /**
   * Saves the model as a folder that any ONNX tool can run: `config.json`, `model.safetensors`, `onnx/model.onnx`, a model card
   * with the curves of its training. A model that is there already is replaced as a whole. In Node.
   */
  async save(directory: string, options: SaveOptions = {}): Promise<void> {
    await trainingPlatform().save(this, directory, options);
  }
}
