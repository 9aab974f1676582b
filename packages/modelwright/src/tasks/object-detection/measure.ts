import type { Dataset } from '../../data/dataset.js';
import { boxesOfTarget } from '../../data/detection/index.js';
import type { NdArray } from '../../graph/array.js';
import type { Tensor } from '../../graph/tensor.js';
import type { TensorTree, Variables } from '../../nn/context.js';
import { detectorOf } from '../../nn/detection/detectors.js';
import type { Layer } from '../../nn/layer.js';
import type { Loss } from '../../nn/losses/index.js';
import {
  averagePrecision,
  type DetectedImage,
  type DetectionPrecision,
  type FoundBox,
} from '../../nn/metrics/index.js';
import { type Compiled, compile } from '../../runtime/compile.js';
import type { Device } from '../../runtime/runtime.js';
import { threadRuntime } from '../../runtime/thread.js';
import { batchLength } from '../../train/batch.js';
import { modelInput } from '../../train/modelInput.js';
import type { TrainedModel } from '../../train/trained.js';
import type { Size } from './images.js';

/** Boxes that score less do not change a precision that matters, and cost time. */
const scoreThreshold = 0.01;

/** What a detector does on some data. */
export interface MeasuredDetector {
  /** Loss and mean average precision. */
  readonly metrics: Record<string, number>;
  readonly precision: DetectionPrecision;
  /** What was found on each image, the best first. */
  readonly found: readonly (readonly FoundBox[])[];
}

export interface DetectorMeterOptions {
  readonly model: Layer;
  readonly loss: Loss;
  readonly classes: number;
  /** Of the images. */
  readonly size: Size;
  readonly device?: Device | undefined;
  /** Images at a time. Default: 8. */
  readonly batchSize?: number | undefined;
}

type Measuring = [parameters: TensorTree, state: TensorTree, image: Tensor, target: Tensor];

/** Measures a detector with these variables or those: its graph, suppression included, is made once. */
export class DetectorMeter {
  readonly #classes: number;
  readonly #batchSize: number;
  readonly #run: Compiled<Measuring>;

  constructor({ model, loss, classes, size, device = 'cpu', batchSize = 8 }: DetectorMeterOptions) {
    const detect = detectorOf(loss);
    this.#classes = classes;
    this.#batchSize = batchSize;
    this.#run = compile(
      (parameters: TensorTree, state: TensorTree, image: Tensor, target: Tensor) => {
        const prediction = model.apply(parameters, modelInput(model, [image]), { state });
        const losses = loss(prediction, target, { reduction: 'none' });
        return { losses, ...detect(prediction, { size, scoreThreshold }) };
      },
      { runtime: threadRuntime(device) },
    );
  }

  /** @param data examples as `boxDataset` gives them */
  async measure({ parameters, state }: Variables, data: Dataset): Promise<MeasuredDetector> {
    const images: DetectedImage[] = [];
    let total = 0;
    for await (const batch of data.batch(this.#batchSize).iterate({ prefetch: 1 })) {
      const { input, target } = batch;
      const result = (await this.#run(parameters, state, input!, target!)) as Record<
        'losses' | 'boxes' | 'scores' | 'classes',
        NdArray
      >;
      total += result.losses.toNumbers().reduce((a, b) => a + b, 0);
      const [, rows, width] = target!.shape as [number, number, number];
      const found = foundBoxes(result);
      for (let image = 0; image < batchLength(batch); image++) {
        const own = target!.data.subarray(image * rows * width, (image + 1) * rows * width) as Float32Array;
        images.push({ found: found[image]!, truth: boxesOfTarget(own) });
      }
    }
    const precision = averagePrecision(images, { classes: this.#classes });
    const metrics = {
      'mAP@0.5': precision.perThreshold[0]!,
      'mAP@[.5:.95]': precision.mean,
      loss: total / images.length,
    };
    return { metrics, precision, found: images.map(({ found }) => found) };
  }

  release(): Promise<void> {
    return this.#run.release();
  }
}

/** What a detector gives, image by image, without the room that is left. */
export function foundBoxes({
  boxes,
  scores,
  classes,
}: Record<'boxes' | 'scores' | 'classes', NdArray>): FoundBox[][] {
  const [images, room] = scores.shape as [number, number];
  return Array.from({ length: images }, (_, image) => {
    const found: FoundBox[] = [];
    for (let at = image * room; at < (image + 1) * room && Number(classes.data[at]) >= 0; at++) {
      const [x1, y1, x2, y2] = Array.from(boxes.data.slice(4 * at, 4 * at + 4), Number);
      const box = [x1!, y1!, x2!, y2!] as const;
      found.push({ box, label: Number(classes.data[at]), score: Number(scores.data[at]) });
    }
    return found;
  });
}

/** Loss and average precision of a trained detector on images of its size. */
export async function measureDetector(
  { model, loss, variables, classNames, ...trained }: TrainedModel,
  data: Dataset,
  options: Pick<DetectorMeterOptions, 'device' | 'batchSize'>,
): Promise<MeasuredDetector> {
  const { device, batchSize } = options;
  const size = sizeOfInput(trained);
  const meter = new DetectorMeter({ model, loss, classes: classNames?.length ?? 0, size, device, batchSize });
  return meter.measure(variables, data).finally(() => meter.release());
}

/** Height and width of the images that a network takes. @throws Error when it takes none */
export function sizeOfInput({ batchTypes }: Pick<TrainedModel, 'batchTypes'>): Size {
  const shape = batchTypes.input?.shape as number[] | undefined;
  if (shape?.length !== 4) throw new Error('This is not a model that takes images.');
  return [shape[2]!, shape[3]!];
}
