// Vectors by their directions: what embeddings are compared by.
import { formatShape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { spread } from '../../primitives/define.js';
import { add, div, flip, matmulTransposed, maximum, sqrt, square, sum } from '../../primitives/index.js';
import { knownSize, requireFloats, requireWhole } from '../checks.js';
import { initializer } from '../initializers.js';
import type { Layer } from '../layer.js';
import { defineLayer } from '../registry.js';
import { dense } from './dense.js';
import { flatten } from './reshaping.js';
import { sequential } from './sequential.js';

/** Below this length a vector has no direction, and stays short. */
const shortest = 1e-12;

/** The rows brought to length 1: x / max(|x|, 1e-12) along the last axis. */
export function unitVectors(x: Tensor): Tensor {
  return div(x, sqrt(maximum(sum(square(x), -1, true), shortest ** 2)));
}

/** @throws TypeError unless the input is floats [batch, features] */
function requireVectors(x: Tensor): void {
  requireFloats(x);
  if (x.rank === 2) return;
  throw new TypeError(
    `expected [batch, features], but got ${formatShape(x.shape)}. Did you mean to flatten() first?`,
  );
}

const makeUnitLength = defineLayer<Record<string, never>>({
  type: 'unitLength',
  call(_context, _config, x) {
    requireVectors(x!);
    return unitVectors(x!);
  },
  samples: () => [{ name: 'unitLength', config: {}, inputs: [spread([3, 4])] }],
});

const makeMirrorMean = defineLayer<{ readonly inner: Layer }>({
  type: 'mirrorMean',
  call(context, { inner }, x) {
    if (x!.rank !== 4)
      throw new TypeError(
        `expected pictures [batch, channels, height, width], but got ${formatShape(x!.shape)}.`,
      );
    const own = context.child('inner');
    return unitVectors(add(inner.call(own, x!), inner.call(own, flip(x!, 3))));
  },
  samples: () => [
    {
      name: 'mirrorMean',
      config: { inner: sequential(flatten(), dense(3)) },
      inputs: [spread([2, 1, 2, 3])],
    },
  ],
});

const makeCosineClasses = defineLayer<{ readonly classes: number }>({
  type: 'cosineClasses',
  call(context, { classes }, x) {
    requireVectors(x!);
    const features = knownSize(x!, -1, 'the number of features');
    const weight = context.parameter('weight', [classes, features], initializer('glorotUniform'));
    return matmulTransposed(unitVectors(x!), unitVectors(weight));
  },
  samples: () => [{ name: 'cosineClasses', config: { classes: 3 }, inputs: [spread([2, 4])] }],
});

/**
 * Vectors brought to length 1, so that their products are the cosines of the angles between them: y = x / max(|x|, 1e-12).
 *
 * Input [batch, features], output the same.
 */
export function unitLength(): Layer {
  return makeUnitLength({});
}

/**
 * The direction midway between what a network gives for a picture and for its mirror image: y = unit(inner(x) + inner(x mirrored)). So a picture
 * and its mirror image have equal embeddings.
 *
 * Input [batch, channels, height, width], output what `inner` gives, of length 1. Parameters: those of `inner`.
 */
export function mirrorMean(inner: Layer): Layer {
  return makeMirrorMean({ inner });
}

/**
 * The cosine of the angle between a vector and the direction of each class: y[b, c] = x[b] · w[c] / (|x[b]| |w[c]|). The last layer of a
 * network that is trained with arcFaceLoss; without it the network gives embeddings.
 *
 * Input [batch, features], output [batch, classes], from -1 to 1. Parameters: weight [classes, features], Glorot uniform.
 * @throws RangeError unless classes is a whole number of at least 1
 */
export function cosineClasses(classes: number): Layer {
  requireWhole('cosineClasses', 'classes', classes);
  return makeCosineClasses({ classes });
}
