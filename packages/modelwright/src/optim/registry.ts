import { adagrad } from './adagrad.js';
import { adam, adamW } from './adam.js';
import { lion } from './lion.js';
import type { Optimizer, OptimizerFactory } from './optimizer.js';
import { rmsprop } from './rmsprop.js';
import { type ScheduleJson, scheduleFromJson, scheduleToJson } from './schedules.js';
import { sgd } from './sgd.js';

/** Every optimiser by the name that configurations use. */
export const optimizers: Readonly<Record<string, OptimizerFactory>> = {
  sgd,
  adagrad,
  rmsprop,
  adam,
  adamW,
  lion,
};

/** An optimiser as JSON: `{ "type": "adam", "learningRate": 0.001, "config": { "beta1": 0.9, ... } }`. */
export interface OptimizerJson {
  readonly type: string;
  readonly learningRate: number | ScheduleJson;
  readonly config: Optimizer['config'];
}

/** An optimiser with its options and schedule as JSON. @throws TypeError when the schedule is a function of the user's own */
export function optimizerToJson({ type, learningRate, config }: Optimizer): OptimizerJson {
  return {
    type,
    learningRate: typeof learningRate === 'number' ? learningRate : scheduleToJson(learningRate),
    config,
  };
}

/** The optimiser a JSON form describes. @throws TypeError naming one that does not exist */
export function optimizerFromJson({ type, learningRate, config }: OptimizerJson): Optimizer {
  const make = Object.hasOwn(optimizers, type) ? optimizers[type] : undefined;
  if (!make) {
    throw new TypeError(
      `There is no optimiser called '${type}'. Known: ${Object.keys(optimizers).join(', ')}.`,
    );
  }
  return make(typeof learningRate === 'number' ? learningRate : scheduleFromJson(learningRate), config);
}
