import type { Tensor } from '../../graph/tensor.js';
import {
  and,
  cast,
  equal,
  expandDimensions,
  greater,
  indicator,
  less,
  max,
  mul,
  sum,
  where,
} from '../../primitives/index.js';
import { classTarget, elementTarget } from '../losses/targets.js';
import { type ClassOptions, classesOf, counted } from './classes.js';
import { computeMean, defineMeasure, type Metric, meanStatistics, weightsOf } from './metric.js';

function shareOf(right: Tensor, weight: Tensor, mask: Tensor | undefined): Record<string, Tensor> {
  const values = indicator(right);
  const weights = weightsOf(values, weight);
  return meanStatistics(values, mask ? mul(weights, mask) : weights);
}

/**
 * The share of positions whose class is right: the largest logit for predictions [batch, classes, ..], the sign of the logit
 * for [batch] and [batch, 1]. Targets: class indices, or floats in the shape of the prediction.
 */
export const accuracy = defineMeasure<Metric, ClassOptions>('accuracy', (options) => ({
  better: 'higher',
  statistics(prediction, target, weight) {
    const classes = classesOf('accuracy', prediction, target, options);
    return shareOf(equal(classes.predicted, classes.actual), weight, classes.counted);
  },
  compute: computeMean,
}));

/** The share of labels that are right, each by the sign of its own logit. Prediction and target: [batch, labels, ..]. */
export const binaryAccuracy = defineMeasure<Metric, object>('binaryAccuracy', () => ({
  better: 'higher',
  statistics(prediction, target, weight) {
    const actual = greater(elementTarget('binaryAccuracy', prediction, target), 0.5);
    const [yes, truth] = [greater(prediction, 0), actual].map((x) => cast(x, 'int32'));
    return shareOf(equal(yes!, truth!), weight, undefined);
  },
  compute: computeMean,
}));

export interface TopKOptions extends ClassOptions {
  /** How many classes may be named. Default: 5. */
  readonly k?: number;
}

const topK = defineMeasure<Metric, TopKOptions>('topKAccuracy', ({ k = 5, ...options }) => {
  if (!(Number.isInteger(k) && k >= 1)) throw new RangeError(`topKAccuracy: k is ${k}; expected 1, 2 ...`);
  return {
    name: `top${k}Accuracy`,
    better: 'higher',
    statistics(prediction, target, weight) {
      const { axis, indices, distribution } = classTarget(
        'topKAccuracy',
        prediction,
        target,
        options.classAxis,
      );
      const largest = max(distribution, axis, true);
      // Where several classes share the largest target, the one with the largest logit stands for them.
      const isTrue = and(equal(distribution, largest), greater(distribution, 0));
      const own = max(where(isTrue, prediction, lowest), axis);
      const larger = sum(cast(greater(prediction, expandDimensions(own, axis)), 'float32'), axis);
      // A logit that is not a number is not among the largest.
      const right = and(less(larger, k), equal(own, own));
      return shareOf(right, weight, indices && counted(indices, options.ignoreIndex));
    },
    compute: computeMean,
  };
});

/** Below every logit that counts. */
const lowest = -3e38;

/**
 * The share of positions whose true class is among the k with the largest logits. Prediction: [batch, classes, ..]; targets as
 * for `accuracy`. Classes with equal logits do not push each other out.
 */
export function topKAccuracy(k: number, options: ClassOptions = {}): typeof topK {
  return topK.with({ ...options, k });
}
