export type { Batch } from './batch.js';
export type { Callback, EarlyStoppingOptions, Monitor, StepInfo, TrainingControl } from './callbacks.js';
export { NonFiniteLossError } from './errors.js';
export { type EvaluateOptions, evaluate } from './evaluate.js';
export type { ExportForm } from './export.js';
export { fit } from './fit.js';
export type { Unfreezing } from './held.js';
export type { AlternateStep, CheckpointOptions, FitOptions } from './options.js';
export { TrainedModel, type TrainingRecord } from './trained.js';
