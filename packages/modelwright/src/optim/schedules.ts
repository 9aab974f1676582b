import { type ConfigurableSchedule, defineSchedule, type Schedule } from './schedule.js';

interface Peak {
  /** The learning rate to begin from. */
  readonly learningRate: number;
}

export interface StepDecayOptions {
  /** What the rate is multiplied with each time. Default: 0.1. */
  readonly factor?: number;
  /** How many steps lie between. */
  readonly every: number;
}

export interface ExponentialDecayOptions {
  /** What the rate is multiplied with over `every` steps. */
  readonly factor: number;
  /** Default: 1. */
  readonly every?: number;
}

export interface DecayOptions {
  /** How many steps there are in all, warm-up included. */
  readonly steps: number;
  /** How many of them go up, evenly, to the full rate. Default: 0. */
  readonly warmup?: number;
  /** The rate at the end and after it. Default: 0. */
  readonly minimum?: number;
}

export interface InverseSqrtDecayOptions {
  /** How many steps go up, evenly, to the full rate, at least 1. */
  readonly warmup: number;
}

export interface PolynomialDecayOptions extends DecayOptions {
  /** Default: 1, a straight line. */
  readonly power?: number;
}

export interface OneCycleOptions {
  /** How many steps there are in all. */
  readonly steps: number;
  /** Which share of them goes up. Default: 0.3. */
  readonly warmupFraction?: number;
  /** The first rate is the highest divided by this. Default: 25. */
  readonly divisor?: number;
  /** The last rate is the first divided by this. Default: 10000. */
  readonly finalDivisor?: number;
}

const schedules = {
  constantRate: defineSchedule<Peak>(
    'constantRate',
    ({ learningRate }) =>
      () =>
        learningRate,
  ),

  stepDecay: defineSchedule<Peak & StepDecayOptions>('stepDecay', ({ learningRate, factor = 0.1, every }) => {
    return (step) => learningRate * factor ** Math.floor(step / every);
  }),

  exponentialDecay: defineSchedule<Peak & ExponentialDecayOptions>('exponentialDecay', (config) => {
    const { learningRate, factor, every = 1 } = config;
    return (step) => learningRate * factor ** (step / every);
  }),

  cosineDecay: defineSchedule<Peak & DecayOptions>('cosineDecay', (config) =>
    warmedUp(config, (progress) => (1 + Math.cos(Math.PI * progress)) / 2),
  ),

  polynomialDecay: defineSchedule<Peak & PolynomialDecayOptions>('polynomialDecay', (config) =>
    warmedUp(config, (progress) => (1 - progress) ** (config.power ?? 1)),
  ),

  inverseSqrtDecay: defineSchedule<Peak & InverseSqrtDecayOptions>(
    'inverseSqrtDecay',
    ({ learningRate, warmup }) => {
      if (!(warmup >= 1))
        throw new RangeError(`inverseSqrtDecay: warmup is ${warmup}; expected at least 1 step.`);
      return (step) => learningRate * Math.min((step + 1) / warmup, Math.sqrt(warmup / (step + 1)));
    },
  ),

  oneCycle: defineSchedule<Peak & OneCycleOptions>('oneCycle', (config) => {
    const { learningRate, steps, warmupFraction = 0.3, divisor = 25, finalDivisor = 1e4 } = config;
    if (warmupFraction >= 1) {
      throw new RangeError(`oneCycle: warmupFraction is ${warmupFraction}; expected below 1.`);
    }
    const first = learningRate / divisor;
    const summit = warmupFraction * steps - 1;
    const between = (from: number, to: number, progress: number): number =>
      to + ((from - to) / 2) * (1 + Math.cos(Math.PI * progress));
    return (step) => {
      if (step < summit) return between(first, learningRate, step / summit);
      return between(learningRate, first / finalDivisor, Math.min((step - summit) / (steps - 1 - summit), 1));
    };
  }),
};

/** Up evenly over the warm-up, then from the full rate to the minimum along a curve that falls from 1 to 0. */
function warmedUp(config: Peak & DecayOptions, curve: (progress: number) => number): Schedule {
  const { learningRate, steps, warmup = 0, minimum = 0 } = config;
  if (!(steps > warmup))
    throw new RangeError(`A warm-up of ${warmup} steps leaves none of ${steps} for the decay.`);
  return (step) => {
    if (step < warmup) return (learningRate * (step + 1)) / (warmup + 1);
    const progress = Math.min((step - warmup) / (steps - warmup), 1);
    return minimum + (learningRate - minimum) * curve(progress);
  };
}

/** The same learning rate at every step. */
export function constantRate(learningRate: number): ConfigurableSchedule {
  return schedules.constantRate({ learningRate });
}

/** The learning rate times factor^floor(step / every). */
export function stepDecay(learningRate: number, options: StepDecayOptions): ConfigurableSchedule {
  return schedules.stepDecay({ learningRate, ...options });
}

/** The learning rate times factor^(step / every). */
export function exponentialDecay(
  learningRate: number,
  options: ExponentialDecayOptions,
): ConfigurableSchedule {
  return schedules.exponentialDecay({ learningRate, ...options });
}

/**
 * Half a cosine from the learning rate down to the minimum (Loshchilov and Hutter, 2017), after a warm-up whose step k has
 * (k + 1) / (warmup + 1) of the rate.
 */
export function cosineDecay(learningRate: number, options: DecayOptions): ConfigurableSchedule {
  return schedules.cosineDecay({ learningRate, ...options });
}

/** minimum + (learningRate - minimum) (1 - progress)^power, after a warm-up like that of `cosineDecay`. */
export function polynomialDecay(learningRate: number, options: PolynomialDecayOptions): ConfigurableSchedule {
  return schedules.polynomialDecay({ learningRate, ...options });
}

/** A straight line from the learning rate to the minimum, after a warm-up like that of `cosineDecay`. */
export function linearDecay(learningRate: number, options: DecayOptions): ConfigurableSchedule {
  return polynomialDecay(learningRate, options);
}

/**
 * Up evenly to the learning rate over the warm-up, then with one over the root of the step: with k counted from 1,
 * learningRate min(k / warmup, sqrt(warmup / k)). At a learning rate of 1 / sqrt(width * warmup) it is that of Vaswani et al. (2017),
 * called Noam.
 */
export function inverseSqrtDecay(
  learningRate: number,
  options: InverseSqrtDecayOptions,
): ConfigurableSchedule {
  return schedules.inverseSqrtDecay({ learningRate, ...options });
}

/** Half a cosine up to the learning rate and half a cosine down to almost nothing (Smith and Topin, 2018). */
export function oneCycle(learningRate: number, options: OneCycleOptions): ConfigurableSchedule {
  return schedules.oneCycle({ learningRate, ...options });
}

/** A schedule as JSON: `{ "type": "oneCycle", "config": { "learningRate": 0.1, "steps": 1000 } }`. */
export interface ScheduleJson {
  readonly type: string;
  readonly config: Readonly<Record<string, number>>;
}

/** A schedule as JSON. @throws TypeError for a function of the user's own */
export function scheduleToJson(schedule: Schedule): ScheduleJson {
  const { type, config } = schedule as Partial<ConfigurableSchedule>;
  if (type === undefined || config === undefined) {
    throw new TypeError(
      `A schedule that is a function of your own cannot be written as JSON; only ${Object.keys(schedules).join(', ')} can.`,
    );
  }
  return { type, config };
}

/** The schedule a JSON form describes. @throws TypeError naming one that does not exist */
export function scheduleFromJson({ type, config }: ScheduleJson): ConfigurableSchedule {
  if (!Object.hasOwn(schedules, type)) {
    throw new TypeError(
      `There is no schedule called '${type}'. Known: ${Object.keys(schedules).join(', ')}.`,
    );
  }
  return schedules[type as keyof typeof schedules](config as never);
}
