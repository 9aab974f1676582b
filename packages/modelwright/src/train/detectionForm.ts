// What a detector of objects takes and gives once it is saved.
import { input, type Tensor } from '../graph/tensor.js';
import type { TensorTree } from '../nn/context.js';
import { detectorOf, isDetectorLoss } from '../nn/detection/detectors.js';
import {
  add,
  cast,
  clip,
  concat,
  div,
  letterbox,
  max,
  minimum,
  positions,
  reshape,
  round,
} from '../primitives/index.js';
import type { SavedForm } from './export.js';
import { modelInput } from './modelInput.js';
import type { TrainedModel } from './trained.js';

/** What shows beside an image that does not fill the size of the network: grey, as in training. */
export const letterboxFill = 114;

/** Images of any size as the network takes them, in whole pixel values. @param images uint8 [batch, channels, height, width] */
export function letterboxed(images: Tensor, size: readonly [number, number]): Tensor {
  return cast(clip(round(letterbox(cast(images, 'float32'), size, letterboxFill)), 0, 255), 'uint8');
}

/** Whether a model finds boxes on images. */
export function isDetector({ batchTypes, loss }: TrainedModel): boolean {
  return batchTypes.input?.shape.length === 4 && isDetectorLoss(loss);
}

/**
 * A detector takes `image` uint8 [batch, channels, height, width] of any size. It gives, the best first, `boxes` float32 [batch, n, 4] (x1,
 * y1, x2, y2 in pixels of that image), `scores` float32 [batch, n], 0 where there is no box, and `classes` int32 [batch, n], -1 there.
 */
export function detectionForm(
  { model, batchTypes, loss }: TrainedModel,
  parameters: TensorTree,
  state: TensorTree,
): SavedForm {
  const [, channels, height, width] = batchTypes.input!.shape as [number, number, number, number];
  const image = input('image', 'uint8', ['batch', channels, 'height', 'width']);
  const prediction = model.apply(parameters, modelInput(model, [letterboxed(image, [height, width])]), {
    state,
  });
  const { boxes, scores, classes } = detectorOf(loss)(prediction, { size: [height, width] });
  const length = (axis: number): Tensor => cast(add(max(positions(image, axis)), 1), 'float32');
  const [tall, wide] = [length(2), length(3)];
  const scale = minimum(div(height, tall), div(width, wide));
  const edges = reshape(concat([wide, tall, wide, tall].map((each) => reshape(each, [1]))), [1, 1, 4]);
  return {
    task: 'object-detection',
    inputs: [image],
    outputs: { boxes: minimum(div(boxes, scale), edges), scores, classes },
    preprocessing: { channels, height, width, letterbox: letterboxFill },
  };
}
