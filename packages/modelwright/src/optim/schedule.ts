/** The learning rate as a function of the step number, which counts from 0. */
export type Schedule = (step: number) => number;

/** A schedule that can be written as JSON. */
export interface ConfigurableSchedule extends Schedule {
  /** What configurations call it: `cosineDecay`. */
  readonly type: string;
  readonly config: Readonly<Record<string, number>>;
}

/** Gives a schedule its name and checks: every number of its configuration is finite and none is negative. */
export function defineSchedule<Config extends object>(type: string, rule: (config: Config) => Schedule) {
  return (config: Config): ConfigurableSchedule => {
    const entries = Object.entries(config).filter(([, value]) => value !== undefined);
    for (const [name, value] of entries) {
      if (!(Number.isFinite(value) && value >= 0)) {
        throw new RangeError(`${type}: ${name} is ${value}; expected 0 or more.`);
      }
    }
    return Object.assign(rule(config), {
      type,
      config: Object.fromEntries(entries) as Record<string, number>,
    });
  };
}
