import { NdArray } from '../../graph/array.js';
import { staticShape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { spread } from '../../primitives/define.js';
import {
  add,
  concat,
  constant,
  exp,
  minimum,
  mul,
  relu,
  reshape,
  slice,
  transpose,
} from '../../primitives/index.js';
import { requireSpace, requireWhole } from '../checks.js';
import type { Context } from '../context.js';
import { pointColumns } from '../detection/points.js';
import { checkPyramid, type PyramidLevel, type PyramidOptions, pyramid } from '../detection/pyramid.js';
import type { Layer } from '../layer.js';
import { batchNorm } from '../layers/batchNorm.js';
import { conv2d } from '../layers/convolution.js';
import { defineLayer } from '../registry.js';

export interface FcosOptions extends PyramidOptions {
  readonly classes: number;
  /** Convolutions of each of the two towers that end in classes and in boxes. Default: 2. */
  readonly tower?: number;
}

/** Before training a class is as likely as this at each point, so that the many points without one do not swamp the rest. */
const prior = 0.01;
/** The largest logarithm of a side in strides. */
const longest = 6;

const make = defineLayer<FcosOptions>({
  type: 'fcos',
  call(context, { classes, tower = 2, ...options }, images) {
    requireSpace(images!, 2);
    const levels = pyramid(context, images!, options);
    return concat(
      levels.map((level) => rowsOf(context, level, classes, tower)),
      1,
    );
  },
  samples: () => {
    const config = { classes: 2, tower: 1, widths: [2, 2, 2, 2, 2], blocks: [1, 1, 1, 1], features: 2 };
    const inputs = [spread([2, 1, 32, 40])];
    const noFixture = 'made of layers that have fixtures';
    const noDifferences = 'a relu bends within the reach of the differences';
    return [{ name: 'fcos', config, inputs, noFixture, noDifferences }];
  },
});

/** What one level says of each of its points: [batch, points, 8 + classes]. */
function rowsOf(context: Context, level: PyramidLevel, classes: number, tower: number): Tensor {
  const { stride, features } = level;
  const head = (name: string, filters: number, x: Tensor): Tensor => {
    const options = { padding: 1, initializer: { name: 'normal', standardDeviation: 0.01 } } as const;
    return conv2d(filters, 3, options).call(context.child(name), x);
  };
  const forClasses = towerOf(context, 'classTower', level, tower);
  const forBoxes = towerOf(context, 'boxTower', level, tower);
  const logits = add(head('classes', classes, forClasses), -Math.log((1 - prior) / prior));
  const sides = mul(exp(minimum(head('sides', 4, forBoxes), longest)), stride);
  const quality = head('quality', 1, forBoxes);
  const [height, width] = staticShape(features.shape.slice(2), 'fcos: height and width') as [number, number];
  const places = add(mul(slice(sides, 1, 0, 3), 0), constant(placesOf(height, width, stride)));
  const all = concat([places, sides, quality, logits], 1);
  return transpose(reshape(all, [all.shape[0]!, pointColumns(classes), height * width]), [0, 2, 1]);
}

/** Convolutions that all levels share, each level normalised by itself. */
function towerOf(context: Context, name: string, { stride, features }: PyramidLevel, depth: number): Tensor {
  const channels = features.shape[1] as number;
  let x = features;
  for (let i = 0; i < depth; i++) {
    const convolution = conv2d(channels, 3, { padding: 1, bias: false, initializer: 'heNormal' });
    x = convolution.call(context.child(`${name}${i}`), x);
    x = relu(batchNorm().call(context.child(`${name}${i}Norm${stride}`), x));
  }
  return x;
}

/** x, y and stride of each point, in pixels: [3, height, width]. */
function placesOf(height: number, width: number, stride: number): NdArray<'float32'> {
  const places = new NdArray('float32', [3, height, width]);
  const count = height * width;
  for (let i = 0; i < count; i++) {
    places.data[i] = ((i % width) + 0.5) * stride;
    places.data[count + i] = (Math.floor(i / width) + 0.5) * stride;
    places.data[2 * count + i] = stride;
  }
  return places;
}

/**
 * A one-stage detector without anchors (FCOS; Tian et al., 2019): a small residual network, a feature pyramid with strides 8, 16 and
 * 32, and two towers of convolutions that all levels share. Each point of a level says how likely each class is there, how far the
 * box reaches from it to each side, and how near it is to the middle of its box.
 *
 * Input [batch, channels, height, width]. Output [batch, points, 8 + classes]: x, y and stride of the point; how far the box reaches
 * to the left, top, right and bottom, in pixels; a logit of the centreness; a logit of each class. For `fcosLoss` and `detectPoints`.
 * Some 1.1 million parameters.
 * @throws RangeError for sizes that are not whole numbers of at least 1
 */
export function fcos(options: FcosOptions): Layer {
  requireWhole('fcos', 'classes', options.classes);
  if (options.tower !== undefined) requireWhole('fcos', 'tower', options.tower);
  checkPyramid('fcos', options);
  return make(options);
}
