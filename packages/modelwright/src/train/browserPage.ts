// A training in a browser's page, whole and in two visits, for the test beside it.
import {
  accuracy,
  adam,
  configureWeb,
  crossEntropy,
  dense,
  dropout,
  evaluate,
  fit,
  flatten,
  sequential,
  type TrainedModel,
} from '../browser.js';
import { digits } from '../data/browser.js';

export interface BrowserTraining {
  readonly accuracy: number;
  /** The largest difference between the parameters of the whole training and of the one that was broken off and taken up again. */
  readonly difference: number;
  /** Steps taken after it was taken up again. */
  readonly stepsAfterBreak: number;
}

const weights = ({ variables }: TrainedModel): number[] => {
  const { parameters } = variables as unknown as {
    parameters: Record<string, Record<string, { toNumbers(): number[] }>>;
  };
  return Object.values(parameters).flatMap((layer) =>
    Object.values(layer).flatMap((array) => array.toNumbers()),
  );
};

/** The largest difference between two trainings' parameters. */
export function differenceOf(one: TrainedModel, other: TrainedModel): number {
  const [first, second] = [weights(one), weights(other)];
  return first.reduce((largest, weight, i) => Math.max(largest, Math.abs(weight - second[i]!)), 0);
}

export default async function main(): Promise<BrowserTraining> {
  configureWeb({ wasmPaths: '/ort/' });
  const model = sequential(flatten(), dense(32, { activation: 'relu' }), dropout(0.1), dense(10));
  const { train, test } = digits({ train: 1000, test: 200, size: 12 });
  const options = {
    loss: crossEntropy,
    optimizer: adam(1e-2),
    epochs: 4,
    batchSize: 50,
    metrics: [accuracy],
  };
  const whole = await fit(model, train, options);
  const checkpoint = { directory: 'runs/digits', everySteps: 7 };
  const stop = new AbortController();
  const breakOff = {
    onStepEnd: ({ step }: { step: number }) => {
      if (step === 31) stop.abort();
    },
  };
  await fit(model, train, { ...options, checkpoint, callbacks: [breakOff], signal: stop.signal });
  let stepsAfterBreak = 0;
  const count = { onStepEnd: () => void stepsAfterBreak++ };
  const resumed = await fit(model, train, {
    ...options,
    checkpoint: { ...checkpoint, resume: true },
    callbacks: [count],
  });
  return {
    stepsAfterBreak,
    accuracy: (await evaluate(whole, test)).accuracy!,
    difference: differenceOf(whole, resumed),
  };
}
