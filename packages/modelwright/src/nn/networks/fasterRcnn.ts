import { staticShape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { spread } from '../../primitives/define.js';
import {
  add,
  concat,
  greaterEqual,
  indicator,
  less,
  mul,
  pad,
  relu,
  reshape,
  sqrt,
  transpose,
} from '../../primitives/index.js';
import { requireSpace, requireWhole } from '../checks.js';
import type { Context } from '../context.js';
import { type AnchorLevel, anchorRatios, anchorsOf } from '../detection/anchors.js';
import { boxArea } from '../detection/boxes.js';
import { defaultProposals, propose, stageColumns, type TwoStages } from '../detection/proposals.js';
import { checkPyramid, type PyramidLevel, type PyramidOptions, pyramid } from '../detection/pyramid.js';
import { roiAlign } from '../detection/roiAlign.js';
import type { Layer } from '../layer.js';
import { conv2d } from '../layers/convolution.js';
import { dense } from '../layers/dense.js';
import { defineLayer } from '../registry.js';

export interface FasterRcnnOptions extends PyramidOptions {
  readonly classes: number;
  /** Boxes that the first stage hands to the second. Default: 96. */
  readonly proposals?: number;
  /** Units of the two dense layers of the second stage. Default: 256. */
  readonly units?: number;
}

/** Before training there is an object at an anchor as likely as this. */
const prior = 0.01;
/** Square roots of the anchors' areas in strides; on the last level also twice as large ones. */
const anchorScale = 3;
/** Rows and columns of what the second stage sees of a box. */
const roiSize = 7;
/** From this many strides of a level on, a box is looked at on the next one. */
const roiReach = 8;

const make = defineLayer<FasterRcnnOptions>({
  type: 'fasterRcnn',
  call(context, { classes, proposals = defaultProposals, units = 256, ...options }, images) {
    requireSpace(images!, 2);
    const size = staticShape(images!.shape.slice(2), 'fasterRcnn: height and width') as [number, number];
    const levels = pyramid(context, images!, options);
    const anchors = firstStage(context, levels);
    const boxes = propose(anchors, proposals, size);
    const features = levels
      .map((level, i) => pooled(level, boxes, { first: i === 0, last: i === levels.length - 1 }))
      .reduce(add);
    const batch = images!.shape[0]!;
    const flat = reshape(features, [batch, boxes.shape[1]!, -1]);
    const call = (name: string, layer: Layer, x: Tensor): Tensor => layer.call(context.child(name), x);
    const hidden = ['hidden0', 'hidden1'].reduce(
      (x, name) => call(name, dense(units, { activation: 'relu', initializer: 'heNormal' }), x),
      flat,
    );
    const small = { initializer: { name: 'normal', standardDeviation: 0.01 } } as const;
    const logits = call('classes', dense(classes + 1, small), hidden);
    const changes = call(
      'changes',
      dense(4, { initializer: { name: 'normal', standardDeviation: 0.001 } }),
      hidden,
    );
    const first = concat([anchors.boxes, anchors.changes, anchors.objectness], 2);
    const second = concat([boxes, changes, logits], 2);
    return concat([pad(first, 2, 0, stageColumns(classes) - 9), second], 1);
  },
  samples: () => {
    const config = {
      classes: 2,
      proposals: 4,
      units: 3,
      widths: [2, 2, 2, 2, 2],
      blocks: [1, 1, 1, 1],
      features: 2,
    };
    return [
      {
        name: 'fasterRcnn',
        config,
        inputs: [spread([2, 1, 32, 40])],
        noFixture: 'made of layers that have fixtures',
        noDifferences: 'which boxes are proposed changes by leaps',
      },
    ];
  },
});

/** What each anchor says: whether there is an object, and how its box differs. */
function firstStage(context: Context, levels: readonly PyramidLevel[]): TwoStages['anchors'] {
  const described = levels.map(({ stride, features }, i): AnchorLevel => {
    const [height, width] = staticShape(features.shape.slice(2), 'fasterRcnn') as [number, number];
    return {
      stride,
      height,
      width,
      scales: i === levels.length - 1 ? [anchorScale, 2 * anchorScale] : [anchorScale],
    };
  });
  const rows = levels.map(({ features }, i) => {
    const last = i === levels.length - 1 ? 'Last' : '';
    const count = described[i]!.scales.length * anchorRatios.length;
    const channels = features.shape[1] as number;
    const shared = conv2d(channels, 3, { padding: 1, initializer: 'heNormal' });
    const x = relu(shared.call(context.child('proposer'), features));
    const head = (name: string, each: number): Tensor => {
      const layer = conv2d(count * each, 1, { initializer: { name: 'normal', standardDeviation: 0.01 } });
      const y = transpose(layer.call(context.child(`${name}${last}`), x), [0, 2, 3, 1]);
      return reshape(y, [features.shape[0]!, described[i]!.height * described[i]!.width * count, each]);
    };
    return { objectness: head('objectness', 1), changes: head('anchorChanges', 4) };
  });
  const changes = concat(
    rows.map((row) => row.changes),
    1,
  );
  const objectness = concat(
    rows.map((row) => row.objectness),
    1,
  );
  return {
    boxes: add(mul(changes, 0), anchorsOf(described)),
    changes,
    objectness: add(objectness, -Math.log((1 - prior) / prior)),
  };
}

/** What a level shows of those boxes that are of its size, zeros for the others. */
function pooled(
  { stride, features }: PyramidLevel,
  boxes: Tensor,
  { first, last }: { readonly first: boolean; readonly last: boolean },
): Tensor {
  const side = sqrt(boxArea(boxes));
  const above = first ? greaterEqual(side, 0) : greaterEqual(side, (roiReach * stride) / 2);
  const below = last ? greaterEqual(side, 0) : less(side, roiReach * stride);
  const own = mul(indicator(above), indicator(below));
  const cells = roiAlign(features, boxes, { stride, size: roiSize });
  return mul(cells, reshape(own, [...own.shape, 1, 1]));
}

/**
 * A two-stage detector (Faster R-CNN; Ren et al., 2015) on the same residual network and feature pyramid as `fcos`. The first stage says of
 * anchors whether there is an object, and how its box differs; the best ones, without overlaps, are proposals, which count as constants. The
 * second looks at the features within each proposal (`roiAlign`, on the level that fits its size) and says its class, or none, and how its box differs.
 *
 * Input [batch, channels, height, width]. Output [batch, anchors + proposals, 9 + classes]: a row an anchor, then a row a proposal; the box
 * x1, y1, x2, y2; its change dx, dy, dw, dh; a logit of an object, or of each class and of none. For `rcnnLoss` and `detectProposals`.
 * @throws RangeError for sizes that are not whole numbers of at least 1
 */
export function fasterRcnn(options: FasterRcnnOptions): Layer {
  const { classes, proposals = defaultProposals, units = 256 } = options;
  for (const [name, value] of Object.entries({ classes, proposals, units }))
    requireWhole('fasterRcnn', name, value);
  checkPyramid('fasterRcnn', options);
  return make(options);
}
