import type { Tensor } from '../../graph/tensor.js';
import { detectPoints } from './points.js';
import { detectProposals } from './proposals.js';
import type { DetectedBoxes, DetectionOptions } from './select.js';

/** Makes boxes of what a detector gives. */
export type Detect = (prediction: Tensor, options: DetectionOptions) => DetectedBoxes;

/** The loss a detector is trained with, perhaps set up with options. */
interface DetectorLoss {
  readonly name: string;
  readonly config?: { readonly proposals?: number };
}

/** How the output of each kind of detector becomes boxes, by the loss it is trained with. */
const detectors: Readonly<Record<string, (loss: DetectorLoss) => Detect>> = {
  fcosLoss: () => detectPoints,
  rcnnLoss:
    ({ config }) =>
    (prediction, options) =>
      detectProposals(prediction, options, config?.proposals),
};

/** Whether a detector of objects is trained with this loss. */
export const isDetectorLoss = ({ name }: { readonly name: string }): boolean =>
  Object.hasOwn(detectors, name);

/** How a detector's output becomes boxes. @throws Error when no kind of detector is trained with this loss */
export function detectorOf(loss: DetectorLoss): Detect {
  if (isDetectorLoss(loss)) return detectors[loss.name]!(loss);
  throw new Error(
    `This is no detector of objects: it was trained with ${loss.name}, and detectors with ${Object.keys(detectors).join(', ')}.`,
  );
}
