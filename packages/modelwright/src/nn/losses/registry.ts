import { discriminatorLoss, generatorLoss } from './adversarial.js';
import { arcFaceLoss } from './arcFace.js';
import { binaryCrossEntropy } from './binaryCrossEntropy.js';
import { crfLoss } from './crf.js';
import { crossEntropy } from './crossEntropy.js';
import { ctcLoss } from './ctc.js';
import { cosineSimilarityLoss, kullbackLeibler, poisson } from './distribution.js';
import { fcosLoss } from './fcos.js';
import { focalLoss } from './focal.js';
import type { ConfigurableLoss, Loss } from './loss.js';
import { hinge, squaredHinge } from './margin.js';
import { rcnnLoss } from './rcnn.js';
import { huber, logCosh, meanAbsoluteError, meanSquaredError } from './regression.js';
import { tripletLoss } from './triplet.js';

/** Every loss by the name that configurations use. */
export const losses: Readonly<Record<string, ConfigurableLoss>> = Object.fromEntries(
  [
    crossEntropy,
    binaryCrossEntropy,
    meanSquaredError,
    meanAbsoluteError,
    huber,
    logCosh,
    hinge,
    squaredHinge,
    kullbackLeibler,
    cosineSimilarityLoss,
    poisson,
    crfLoss,
    ctcLoss,
    tripletLoss,
    arcFaceLoss,
    focalLoss,
    fcosLoss,
    rcnnLoss,
    discriminatorLoss,
    generatorLoss,
  ].map((loss) => [loss.name, loss as ConfigurableLoss]),
);

/** A loss as JSON: `{ "type": "huber", "config": { "delta": 2 } }`. */
export interface LossJson {
  readonly type: string;
  readonly config: object;
}

/** A loss with its options as JSON. @throws TypeError for a function of the user's own */
export function lossToJson(loss: Loss): LossJson {
  if (!losses[loss.name] || !('config' in loss)) {
    throw new TypeError(
      `The loss '${loss.name}' cannot be written as JSON: only ${Object.keys(losses).join(', ')} can.`,
    );
  }
  return { type: loss.name, config: loss.config as object };
}

/** The loss a JSON form describes. @throws TypeError naming one that does not exist */
export function lossFromJson({ type, config }: LossJson): ConfigurableLoss {
  const loss = Object.hasOwn(losses, type) ? losses[type] : undefined;
  if (!loss)
    throw new TypeError(`There is no loss called '${type}'. Known: ${Object.keys(losses).join(', ')}.`);
  return loss.with(config);
}
