import { losses, lossFromJson } from '../losses/index.js';
import { accuracy, binaryAccuracy, topKAccuracy } from './accuracy.js';
import { f1, precision, recall } from './confusion.js';
import { type Configurable, type Metric, metricOf } from './metric.js';
import { r2, rootMeanSquaredError } from './regression.js';

const configurable = Object.fromEntries(
  [accuracy, binaryAccuracy, topKAccuracy(5), precision, recall, f1, rootMeanSquaredError, r2].map(
    (metric) => [metric.type, metric as Configurable<Metric, object>],
  ),
);

/** Every metric by the name that configurations use. A loss is a metric too. */
export const metrics: Readonly<Record<string, Metric>> = {
  ...Object.fromEntries(Object.entries(losses).map(([name, loss]) => [name, metricOf(loss)])),
  ...configurable,
};

/** A metric as JSON: `{ "type": "f1", "config": { "average": "macro" } }`. */
export interface MetricJson {
  readonly type: string;
  readonly config: object;
}

/** Whether a metric can be written as JSON: not one of the user's own. */
export function isRegistered(metric: Metric): metric is Configurable<Metric, object> {
  const { type, config } = metric as Partial<Configurable<Metric, object>>;
  return type !== undefined && config !== undefined && Object.hasOwn(metrics, type);
}

/** A metric with its options as JSON. @throws TypeError for one of the user's own */
export function metricToJson(metric: Metric): MetricJson {
  if (!isRegistered(metric)) {
    throw new TypeError(
      `The metric '${metric.name}' cannot be written as JSON: only ${Object.keys(metrics).join(', ')} can.`,
    );
  }
  return { type: metric.type, config: metric.config };
}

/** The metric a JSON form describes. @throws TypeError naming one that does not exist */
export function metricFromJson({ type, config }: MetricJson): Metric {
  if (!Object.hasOwn(metrics, type)) {
    throw new TypeError(`There is no metric called '${type}'. Known: ${Object.keys(metrics).join(', ')}.`);
  }
  return configurable[type]?.with(config) ?? metricOf(lossFromJson({ type, config }));
}
