import type { Tensor } from '../../graph/tensor.js';
import { detectPoints } from './points.js';
import type { DetectedBoxes, DetectionOptions } from './select.js';

/** Makes boxes of what a detector gives. */
export type Detect = (prediction: Tensor, options: DetectionOptions) => DetectedBoxes;

/** How the output of each kind of detector becomes boxes, by the loss it is trained with. */
export const detectors: Readonly<Record<string, Detect>> = { fcosLoss: detectPoints };

/** How a detector's output becomes boxes. @throws Error when no kind of detector is trained with this loss */
export function detectorOf(loss: { readonly name: string }): Detect {
  const detect = Object.hasOwn(detectors, loss.name) ? detectors[loss.name] : undefined;
  if (detect) return detect;
  throw new Error(
    `This is no detector of objects: it was trained with ${loss.name}, and detectors with ${Object.keys(detectors).join(', ')}.`,
  );
}
