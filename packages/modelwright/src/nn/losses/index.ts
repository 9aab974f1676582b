export {
  type AdversarialKind,
  type AdversarialOptions,
  type DiscriminatorLossOptions,
  discriminatorLoss,
  generatorLoss,
} from './adversarial.js';
export { type ArcFaceOptions, arcFaceLoss } from './arcFace.js';
export { type BinaryCrossEntropyOptions, binaryCrossEntropy } from './binaryCrossEntropy.js';
export { crfLoss } from './crf.js';
export { type CrossEntropyOptions, crossEntropy } from './crossEntropy.js';
export { type CtcOptions, ctc, ctcLoss, ctcSkipped, type SkippedTarget } from './ctc.js';
export {
  cosineSimilarityLoss,
  type KullbackLeiblerOptions,
  kullbackLeibler,
  poisson,
} from './distribution.js';
export { type FcosLossOptions, fcosLoss } from './fcos.js';
export { type FocalOptions, focalLoss } from './focal.js';
export { type ConfigurableLoss, defineLoss, type Loss, type LossOptions, type Reduction } from './loss.js';
export { hinge, squaredHinge } from './margin.js';
export { l1, l2, type Penalty, type PenaltyOptions } from './penalties.js';
export { type RcnnLossOptions, rcnnLoss } from './rcnn.js';
export { type LossJson, losses, lossFromJson, lossToJson } from './registry.js';
export { type HuberOptions, huber, logCosh, meanAbsoluteError, meanSquaredError } from './regression.js';
export { type TripletMining, type TripletOptions, tripletLoss } from './triplet.js';
