import type { Tensor } from '../graph/tensor.js';
import { add, mul } from '../primitives/index.js';
import type { Schedule } from './schedule.js';

/** Values of one parameter, or of all parameters laid end to end: an update works on each element by itself. */
export interface UpdateInput {
  readonly parameter: Tensor;
  readonly gradient: Tensor;
  /** In the order of the optimiser's `slots`, each in the shape of the parameter. */
  readonly slots: readonly Tensor[];
  /** The scalars of this step, float32[]. */
  readonly hyper: Readonly<Record<string, Tensor>>;
}

export interface UpdateOutput {
  readonly parameter: Tensor;
  readonly slots: readonly Tensor[];
}

/** An array kept beside each parameter from step to step. */
export interface Slot {
  readonly name: string;
  /** Its value before the first step. */
  readonly initial: number;
}

/** What an optimiser does, apart from its learning rate. */
export interface UpdateRule {
  readonly slots: readonly Slot[];
  /**
   * The scalars of a step that depend on its number or on the learning rate: always the same names.
   * @param step counts from 1
   */
  hyperparameters(step: number, learningRate: number): Readonly<Record<string, number>>;
  /** The step itself, traced. */
  update(input: UpdateInput): UpdateOutput;
}

/** A rule by which gradients change parameters: plain data, with the update to be traced into the training step. */
export interface Optimizer extends UpdateRule {
  /** What configurations call it: `adam`. */
  readonly type: string;
  readonly config: Readonly<Record<string, number | boolean>>;
  readonly learningRate: number | Schedule;
}

/** Makes an optimiser from a learning rate and options. */
export type OptimizerFactory<Config extends object = object> = (
  learningRate?: number | Schedule,
  options?: Partial<Config>,
) => Optimizer;

interface Definition<Config> {
  readonly type: string;
  /** The learning rate when none is given. */
  readonly learningRate: number;
  /** Every option with its default. */
  readonly defaults: Config;
  readonly rule: (config: Config) => UpdateRule;
}

/** Gives an optimiser its defaults and checks. */
export function defineOptimizer<Config extends object>(
  definition: Definition<Config>,
): OptimizerFactory<Config> {
  const { type, defaults, rule } = definition;
  return (learningRate = definition.learningRate, options = {}) => {
    if (typeof learningRate === 'number') checkRange(type, 'learningRate', learningRate);
    for (const [name, value] of Object.entries(options)) {
      const known = Object.keys(defaults);
      if (!known.includes(name)) {
        throw new TypeError(`${type}: there is no option '${name}'. Known: ${known.join(', ')}.`);
      }
      if (typeof value === 'number') checkRange(type, name, value);
    }
    const config = { ...defaults, ...options };
    return { type, config: config as Optimizer['config'], learningRate, ...rule(config) };
  };
}

/** Options that are shares of what was: at 1 nothing new would ever count. */
const shares = new Set(['beta1', 'beta2', 'alpha', 'momentum']);

function checkRange(type: string, name: string, value: number): void {
  const below = shares.has(name) ? 1 : Number.POSITIVE_INFINITY;
  if (!(value >= 0 && value < below)) {
    throw new RangeError(
      `${type}: ${name} is ${value}; expected 0 or more${below === 1 ? ' and below 1' : ''}.`,
    );
  }
}

/** The learning rate of a step. @param step counts from 1 */
export function learningRateOf(optimizer: Optimizer, step: number): number {
  const { learningRate } = optimizer;
  return typeof learningRate === 'number' ? learningRate : learningRate(step - 1);
}

/** The gradient of the loss plus weightDecay / 2 times the squared parameters: two passes, or none. */
export function withWeightDecay({ gradient, parameter }: UpdateInput, weightDecay: number): Tensor {
  return weightDecay === 0 ? gradient : add(gradient, mul(parameter, weightDecay));
}
