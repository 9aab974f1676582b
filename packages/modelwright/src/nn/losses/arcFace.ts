import type { Tensor } from '../../graph/tensor.js';
import { add, greater, maximum, mul, sqrt, square, sub, where } from '../../primitives/index.js';
import { crossEntropy } from './crossEntropy.js';
import { defineLoss } from './loss.js';
import { classTarget } from './targets.js';

export interface ArcFaceOptions {
  /** The angle by which the true class is made to look farther than it is, in radians, 0 .. π. Default: 0.5. */
  readonly margin?: number;
  /** What cosines are multiplied by before the softmax. Default: 30. */
  readonly scale?: number;
}

/** The least square of a sine: below it the root's slope would have no bound. */
const least = 1e-12;

/** cos(angle + margin), given cos(angle); beyond the turning point at π the straight line cos(angle) - margin sin(margin) goes on. */
function fartherBy(margin: number, cosine: Tensor): Tensor {
  const sine = sqrt(maximum(sub(1, square(cosine)), least));
  const turned = sub(mul(cosine, Math.cos(margin)), mul(sine, Math.sin(margin)));
  return where(greater(cosine, Math.cos(Math.PI - margin)), turned, add(cosine, -margin * Math.sin(margin)));
}

/**
 * The additive angular margin loss (Deng et al., 2019): the cross entropy of softmax(scale cos(angle)), where the angle between an example
 * and its own class is taken to be larger by the margin. So classes end up farther apart than telling them apart would need.
 *
 * Prediction: cosines [batch, classes], such as cosineClasses() gives. Target: classes, integers [batch].
 * @throws TypeError when the target fits no class; RangeError for a margin or a scale out of range
 */
export const arcFaceLoss = defineLoss<ArcFaceOptions>('arcFaceLoss', (prediction, target, options) => {
  const { margin = 0.5, scale = 30 } = options;
  if (!(margin >= 0 && margin < Math.PI))
    throw new RangeError(`arcFaceLoss: margin is ${margin}; expected 0 .. π.`);
  if (!(scale > 0)) throw new RangeError(`arcFaceLoss: scale is ${scale}; expected more than 0.`);
  const { distribution } = classTarget('arcFaceLoss', prediction, target);
  const logits = where(greater(distribution, 0.5), fartherBy(margin, prediction), prediction);
  return { values: crossEntropy(mul(logits, scale), target, { reduction: 'none' }) };
});
