import type { Dataset } from '../../data/dataset.js';
import type { NdArray } from '../../graph/array.js';
import type { Batch } from '../../train/batch.js';
import { evaluate } from '../../train/evaluate.js';
import { load } from '../../train/save.js';
import type { TrainedModel } from '../../train/trained.js';
import type { EvaluateResult } from '../events.js';
import { openImages } from './images.js';
import type { ImageClassificationEvaluateOptions } from './options.js';

/** What was measured on some pictures. */
export interface Measured {
  /** Loss and metrics by name. */
  readonly metrics: Record<string, number>;
  /** Counts by true class and predicted class. */
  readonly confusionMatrix: number[][];
}

/** Loss, metrics and confusion matrix of a classifier. */
export async function measure(
  trained: TrainedModel,
  data: Dataset,
  options: Pick<ImageClassificationEvaluateOptions, 'device' | 'batchSize'>,
): Promise<Measured> {
  const classes = trained.classNames?.length ?? 0;
  const confusionMatrix = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  const onPredictions = (predictions: NdArray, { target }: Batch): void => {
    const width = predictions.shape[1]!;
    for (let row = 0; row < target!.size; row++) {
      const scores = predictions.data.subarray(row * width, (row + 1) * width) as Float32Array;
      confusionMatrix[Number(target!.data[row])]![scores.indexOf(Math.max(...scores))]! += 1;
    }
  };
  const { device, batchSize } = options;
  const metrics = await evaluate(trained, data, {
    onPredictions,
    ...(device && { device }),
    ...(batchSize && { batchSize }),
  });
  return { metrics, confusionMatrix };
}

/**
 * Measures a saved image classifier on pictures: on the test part, where the data has one.
 * @throws Error when the model or the data cannot be read, or their classes or channels differ
 */
export async function evaluateImageClassifier(
  options: ImageClassificationEvaluateOptions,
): Promise<EvaluateResult> {
  const started = performance.now();
  const trained = await load(options.model);
  const image = trained.batchTypes.input?.shape as number[] | undefined;
  if (image?.length !== 4) throw new Error(`${options.model} is not a model that classifies pictures.`);
  const [, channels, height, width] = image as [number, number, number, number];
  const images = await openImages(options.data, {
    like: { channels, size: [height, width], classNames: trained.classNames },
  });
  const data = images.test ?? images.train;
  const measured = await measure(trained, data, options);
  return {
    task: 'image-classification',
    model: options.model,
    data: options.data,
    examples: data.length,
    seconds: (performance.now() - started) / 1000,
    ...measured,
    ...(trained.classNames && { labels: trained.classNames }),
  };
}
