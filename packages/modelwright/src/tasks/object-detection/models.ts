import type { Layer } from '../../nn/layer.js';
import { imagePreprocessing } from '../../nn/layers/imagePreprocessing.js';
import { sequential } from '../../nn/layers/sequential.js';
import { fcosLoss, type Loss, rcnnLoss } from '../../nn/losses/index.js';
import { fasterRcnn, fcos } from '../../nn/networks/index.js';

/** A kind of detector, and what it is trained with unless it is said otherwise. */
export interface DetectorKind {
  make(classes: number): Layer;
  readonly loss: Loss;
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  /** In a few words, for the model card. */
  readonly description: string;
}

/** Pixels 0 .. 255 become some -2 .. 2. */
const normalised = (): Layer => imagePreprocessing({ mean: 0.5, std: 0.25 });

/** The detectors by the names that the command line uses. */
export const detectorKinds: Readonly<Record<string, DetectorKind>> = {
  fcos: {
    make: (classes) => sequential(normalised(), fcos({ classes })),
    loss: fcosLoss,
    epochs: 100,
    batchSize: 8,
    learningRate: 1e-3,
    description: 'a one-stage detector without anchors (FCOS) on a feature pyramid',
  },
  'faster-rcnn': {
    make: (classes) => sequential(normalised(), fasterRcnn({ classes })),
    loss: rcnnLoss,
    epochs: 100,
    batchSize: 8,
    learningRate: 1e-3,
    description: 'a two-stage detector (Faster R-CNN) on a feature pyramid',
  },
};

/** @throws Error naming the detectors there are */
export function requireDetector(name: string): DetectorKind {
  if (Object.hasOwn(detectorKinds, name)) return detectorKinds[name]!;
  throw new Error(`There is no detector '${name}'. There is ${Object.keys(detectorKinds).join(', ')}.`);
}
