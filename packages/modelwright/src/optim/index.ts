export { type AdagradOptions, adagrad } from './adagrad.js';
export { type AdamOptions, adam, adamW } from './adam.js';
export { applyOptimizer, initOptimizer, type OptimizerState } from './apply.js';
export { clipByGlobalNorm, clipByValue, emaUpdate } from './gradients.js';
export { type LionOptions, lion } from './lion.js';
export {
  defineOptimizer,
  learningRateOf,
  type Optimizer,
  type OptimizerFactory,
  type Slot,
  type UpdateInput,
  type UpdateOutput,
} from './optimizer.js';
export { type PlateauState, ReduceOnPlateau, type ReduceOnPlateauOptions } from './plateau.js';
export { withRateFactors } from './rateFactors.js';
export { type OptimizerJson, optimizerFromJson, optimizers, optimizerToJson } from './registry.js';
export { type RmspropOptions, rmsprop } from './rmsprop.js';
export type { ConfigurableSchedule, Schedule } from './schedule.js';
export {
  constantRate,
  cosineDecay,
  type DecayOptions,
  type ExponentialDecayOptions,
  exponentialDecay,
  type InverseSqrtDecayOptions,
  inverseSqrtDecay,
  linearDecay,
  type OneCycleOptions,
  oneCycle,
  type PolynomialDecayOptions,
  polynomialDecay,
  type ScheduleJson,
  type StepDecayOptions,
  scheduleFromJson,
  scheduleToJson,
  stepDecay,
} from './schedules.js';
export { type SgdOptions, sgd } from './sgd.js';
