import { openDetection } from '../../data/detection/index.js';
import { load } from '../../train/save.js';
import type { EvaluateResult } from '../events.js';
import { measureDetector, sizeOfInput } from './measure.js';
import type { ObjectDetectionEvaluateOptions } from './options.js';
import { heldDataset, measuredPart } from './train.js';

/**
 * Measures a saved detector on images with boxes: on the test part, where the data has one, else on the part for validation, else on all.
 * Beside loss and mean average precision it tells the average precision of each class, boxes sharing half of their union.
 * @throws Error when the model or the data cannot be read, or the model is no detector
 */
export async function evaluateObjectDetector(
  options: ObjectDetectionEvaluateOptions,
): Promise<EvaluateResult> {
  const started = performance.now();
  const trained = await load(options.model);
  const labels = trained.classNames ?? [];
  const size = sizeOfInput(trained);
  const opened = await openDetection(options.data, { classNames: labels, onProblem: options.onProblem });
  const { images } = measuredPart(opened);
  const { metrics, precision } = await measureDetector(trained, heldDataset(images, size, labels), options);
  const perClass = labels.map((label, i) => [`AP@0.5 ${label}`, precision.perClassAtFirst[i]!] as const);
  return {
    task: 'object-detection',
    model: options.model,
    data: options.data,
    examples: images.length,
    metrics: { ...metrics, ...Object.fromEntries(perClass) },
    seconds: (performance.now() - started) / 1000,
    labels,
  };
}
