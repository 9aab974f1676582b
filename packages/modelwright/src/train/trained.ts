import type { Variables } from '../nn/context.js';
import type { Layer } from '../nn/layer.js';
import type { Loss } from '../nn/losses/index.js';
import type { Metric } from '../nn/metrics/index.js';
import type { History } from '../report/history.js';
import type { BatchTypes } from './step.js';

/** How a model came to be what it is. */
export interface TrainingRecord {
  readonly seed: number;
  readonly epochs: number;
  readonly batchSize: number;
  readonly steps: number;
  readonly seconds: number;
  readonly optimizer: string;
  readonly learningRate: number;
  readonly loss: string;
  readonly examples: number;
  readonly workers: number;
  readonly device: string;
}

/** A model with its parameters, and how it came to have them. */
export class TrainedModel {
  readonly model: Layer;
  readonly variables: Variables;
  readonly history: History;
  readonly loss: Loss;
  readonly metrics: readonly Metric[];
  /** Types of one batch it was trained on: names, dtypes and shapes. */
  readonly batchTypes: BatchTypes;
  readonly classNames: readonly string[] | undefined;
  readonly training: TrainingRecord;

  constructor(content: Omit<TrainedModel, never>) {
    this.model = content.model;
    this.variables = content.variables;
    this.history = content.history;
    this.loss = content.loss;
    this.metrics = content.metrics;
    this.batchTypes = content.batchTypes;
    this.classNames = content.classNames;
    this.training = content.training;
  }
}
