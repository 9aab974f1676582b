import type { ServedModel } from '../server/servedModel.js';
import type { Abilities } from '../server/tasks/abilities.js';
import type { AnswerContext } from '../server/tasks/task.js';
import type { Arm } from './liveModel.js';

/** The most milliseconds that a copy of a request may take. */
const mostMilliseconds = 30_000;

/** A model whose requests also go to others, as copies: their answers go nowhere, and nobody waits for them. */
export function withShadows(model: ServedModel, shadows: readonly Arm[]): ServedModel {
  const copy = (work: (shadow: ServedModel, context: AnswerContext) => Promise<unknown>): void => {
    for (const arm of shadows) void ask(arm, work);
  };
  const { predictor } = model;
  return {
    ...model,
    predictor: predictor && {
      ...predictor,
      async read(c) {
        const prepared = await predictor.read(c);
        const copies = shadows.map((arm) => ({
          arm,
          reading: withHeld(arm, (shadow) => shadow.predictor!.read(c)),
        }));
        for (const { reading } of copies) reading.catch(() => undefined);
        return {
          ...prepared,
          answer(context) {
            for (const { arm, reading } of copies)
              void ask(arm, async (_, own) => (await reading).answer(own));
            return prepared.answer(context);
          },
        };
      },
    },
    use(work, context) {
      copy((shadow, own) => shadow.use((can: Abilities) => work(can, own), own));
      return model.use(work, context);
    },
    run(inputs, signal) {
      copy((shadow, own) => shadow.run(inputs, own.signal));
      return model.run(inputs, signal);
    },
  };
}

async function withHeld<Result>(
  { slot }: Arm,
  work: (shadow: ServedModel) => Promise<Result>,
): Promise<Result> {
  const shadow = await slot.hold();
  try {
    return await work(shadow);
  } finally {
    slot.letGo();
  }
}

async function ask(
  arm: Arm,
  work: (shadow: ServedModel, context: AnswerContext) => Promise<unknown>,
): Promise<void> {
  const context = { signal: AbortSignal.timeout(mostMilliseconds), send: () => undefined };
  arm.counts.requests++;
  try {
    await withHeld(arm, (shadow) => work(shadow, context));
  } catch {
    arm.counts.failed++;
  }
}
