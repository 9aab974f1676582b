import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NdArray } from '../../graph/array.js';
import { evaluateReference, runReference } from '../../graph/evaluate.js';
import { Graph } from '../../graph/graph.js';
import { input, type Tensor } from '../../graph/tensor.js';
import { spread } from '../../primitives/define.js';
import { sum } from '../../primitives/index.js';
import { openOrt } from '../../runtime/testing.js';
import { assertNear, centralDifferences, toReference } from '../../testing/compare.js';
import { gradients } from '../../transforms/grad.js';
import { changedBoxes, levelAnchors } from './anchors.js';
import { generalizedIou, pairwiseIou } from './boxes.js';
import { detectPoints } from './points.js';
import { propose, unpackStages } from './proposals.js';
import { roiAlign } from './roiAlign.js';
import { selectBoxes } from './select.js';

const tensorsOf = (arrays: readonly NdArray[], open = false): Tensor[] =>
  arrays.map(({ dtype, shape }, i) => input(`x${i}`, dtype, open ? ['batch', ...shape.slice(1)] : shape));

describe('boxes', () => {
  const a = NdArray.from([
    [
      [0, 0, 10, 10],
      [20, 20, 30, 40],
    ],
  ]);
  const b = NdArray.from([
    [
      [5, 0, 15, 10],
      [20, 20, 30, 40],
    ],
  ]);

  it('share what they share', () => {
    const [x, y] = tensorsOf([a, b]);
    const [shared] = runReference(new Graph([x!, y!], [pairwiseIou(x!, y!)]), [a, b]);
    assertNear(shared!.toNumbers(), [50 / 150, 0, 0, 1], 1e-6, 'iou');
  });

  it('are told apart by the hull around them where they share nothing', () => {
    const [x, y] = tensorsOf([a, b]);
    const [found] = runReference(new Graph([x!, y!], [generalizedIou(x!, y!)]), [a, b]);
    // The hull of the first two is 15 x 10, all of it covered.
    assertNear(found!.toNumbers(), [1 / 3, 1], 1e-6, 'giou');
    const apart = NdArray.from([
      [
        [30, 0, 40, 10],
        [0, 0, 10, 10],
      ],
    ]);
    const [far] = runReference(new Graph([x!, y!], [generalizedIou(x!, y!)]), [a, apart]);
    assertNear(far!.toNumbers(), [-(400 - 200) / 400, -(1200 - 300) / 1200], 1e-6, 'giou');
  });
});

describe('selectBoxes', () => {
  const candidates = NdArray.from([
    [
      [0, 0, 10, 10],
      [1, 0, 11, 10],
      [30, 30, 50, 45],
    ],
    [
      [0, 0, 10, 10],
      [20, 20, 30, 30],
      [20, 20, 30, 31],
    ],
  ]);
  const scores = NdArray.from([
    [
      [0.5, 0.75, 0.01],
      [0.25, 0.01, 0.9],
    ],
    [
      [0.01, 0.01, 0.01],
      [0.01, 0.5, 0.625],
    ],
  ]);

  it('keeps the best of each class, cut off at the edges, the best first', async () => {
    for (const run of [
      (graph: Graph) => openOrt(graph, [candidates, scores]),
      async (graph: Graph) => runReference(graph, [candidates, scores]),
    ]) {
      const [boxes, values] = tensorsOf([candidates, scores]);
      const found = selectBoxes(boxes!, values!, { size: [40, 40], maximum: 4 });
      const graph = new Graph([boxes!, values!], [found.boxes, found.scores, found.classes]);
      const [corners, best, classes] = await run(graph);
      assert.deepEqual(classes!.toNumbers(), [1, 0, 1, -1, 1, -1, -1, -1]);
      assertNear(best!.toNumbers(), [0.9, 0.75, 0.25, 0, 0.625, 0, 0, 0], 1e-6, 'scores');
      assertNear(
        corners!.toNumbers().slice(0, 12),
        [30, 30, 40, 40, 1, 0, 11, 10, 0, 0, 10, 10],
        1e-6,
        'boxes',
      );
      assertNear(corners!.toNumbers().slice(16, 20), [20, 20, 30, 31], 1e-6, 'boxes');
    }
  });

  it('leaves the batch open', async () => {
    const [boxes, values] = tensorsOf([candidates, scores], true);
    const found = selectBoxes(boxes!, values!, { size: [40, 40], maximum: 4 });
    assert.deepEqual(found.boxes.shape, ['batch', 4, 4]);
    const graph = new Graph([boxes!, values!], [found.classes]);
    const [classes] = await openOrt(graph, [candidates, scores]);
    assert.deepEqual(classes!.toNumbers(), [1, 0, 1, -1, 1, -1, -1, -1]);
  });
});

describe('detectPoints', () => {
  it('reads boxes off their points, and scores them by class and centreness', () => {
    const logit = (p: number): number => Math.log(p / (1 - p));
    const rows = NdArray.from([
      [
        [12, 12, 8, 4, 6, 8, 10, logit(0.64), logit(0.25), logit(0.01)],
        [20, 12, 8, 1, 1, 1, 1, logit(0.25), logit(0.01), logit(0.81)],
      ],
    ]);
    const [prediction] = tensorsOf([rows]);
    const { boxes, scores, classes } = detectPoints(prediction!, {
      size: [32, 32],
      maximum: 2,
      scoreThreshold: 0.1,
    });
    const [corners, best, labels] = runReference(new Graph([prediction!], [boxes, scores, classes]), [rows]);
    assert.deepEqual(labels!.toNumbers(), [1, 0]);
    assertNear(best!.toNumbers(), [Math.sqrt(0.25 * 0.81), Math.sqrt(0.64 * 0.25)], 1e-6, 'scores');
    assertNear(corners!.toNumbers(), [19, 11, 21, 13, 8, 6, 20, 22], 1e-5, 'boxes');
  });

  it('takes nothing else', () => {
    assert.throws(
      () => detectPoints(input('x', 'float32', [1, 4]), { size: [8, 8] }),
      /fcos\(\) network.*\[1, 4\]/,
    );
  });
});

/** torchvision's roi_align with aligned=True, sample by sample, of one box and one channel. */
function plainRoiAlign(
  plane: (y: number, x: number) => number,
  [height, width]: readonly [number, number],
  box: readonly number[],
  { stride, size, samples }: { readonly stride: number; readonly size: number; readonly samples: number },
): number[] {
  const bilinear = (y: number, x: number): number => {
    if (y < -1 || y > height || x < -1 || x > width) return 0;
    const place = (at: number, length: number): [number, number, number] => {
      const clipped = Math.max(at, 0);
      const low = Math.floor(clipped);
      return low >= length - 1 ? [length - 1, length - 1, 0] : [low, low + 1, clipped - low];
    };
    const [top, bottom, down] = place(y, height);
    const [left, right, across] = place(x, width);
    const above = (1 - across) * plane(top, left) + across * plane(top, right);
    const below = (1 - across) * plane(bottom, left) + across * plane(bottom, right);
    return (1 - down) * above + down * below;
  };
  const [x1, y1, x2, y2] = box.map((value) => value / stride - 0.5) as [number, number, number, number];
  const [cellHeight, cellWidth] = [(y2 - y1) / size, (x2 - x1) / size];
  const cells: number[] = [];
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      let total = 0;
      for (let a = 0; a < samples; a++) {
        for (let b = 0; b < samples; b++) {
          const y = y1 + i * cellHeight + ((a + 0.5) * cellHeight) / samples;
          total += bilinear(y, x1 + j * cellWidth + ((b + 0.5) * cellWidth) / samples);
        }
      }
      cells.push(total / samples ** 2);
    }
  }
  return cells;
}

describe('roiAlign', () => {
  const features = spread([2, 3, 5, 6]);
  const boxes = NdArray.from([
    [
      [0, 0, 24, 20],
      [3, 5, 11, 9.5],
      [-9, -7, 30, 26],
    ],
    [
      [20, 16, 23, 19],
      [0, 0, 0, 0],
      [6, 2, 22, 18],
    ],
  ]);
  const options = { stride: 4, size: 3, samples: 2 };

  it('gives what sample after sample gives, in ONNX Runtime too', async () => {
    const [x, b] = tensorsOf([features, boxes]);
    const graph = new Graph([x!, b!], [roiAlign(x!, b!, options)]);
    const [exact] = runReference(graph, [features, boxes]);
    const [run] = await openOrt(graph, [features, boxes], { extensions: true });
    assert.deepEqual(exact!.shape, [2, 3, 3, 3, 3]);
    const expected = [0, 1].flatMap((image) =>
      [0, 1, 2].flatMap((index) =>
        [0, 1, 2].flatMap((channel) => {
          const plane = (y: number, column: number): number =>
            features.data[((image * 3 + channel) * 5 + y) * 6 + column]!;
          const at = (image * 3 + index) * 4;
          return plainRoiAlign(plane, [5, 6], Array.from(boxes.data.subarray(at, at + 4)), options);
        }),
      ),
    );
    assertNear(exact!.toNumbers(), expected, 1e-5, 'cells');
    assertNear(run!.toNumbers(), expected, 1e-5, 'cells in ONNX Runtime');
  });

  it('has the gradient that central differences give', () => {
    const [x, b] = tensorsOf([features, boxes]);
    const cells = roiAlign(x!, b!, options);
    const total = sum(cells.mul(cells));
    const forward = new Graph([x!, b!], [total]);
    const backward = new Graph([x!, b!], gradients(total, [x!]));
    const values = [features, boxes].map(toReference);
    const found = evaluateReference(backward, values)[0]!.data;
    assertNear(found, centralDifferences(forward, values, 0), 1e-5, 'gradient');
  });
});

describe('anchors', () => {
  it('stand around the middle of each position, of equal area at each ratio', () => {
    const anchors = levelAnchors({ stride: 8, height: 1, width: 2, scales: [3] });
    assert.deepEqual(anchors.shape, [6, 4]);
    assertNear(anchors.data.subarray(4, 8), [4 - 12, 4 - 12, 4 + 12, 4 + 12], 1e-5, 'square');
    const side = 24 * Math.SQRT1_2;
    assertNear(
      anchors.data.subarray(20, 24),
      [12 - side / 2, 4 - side, 12 + side / 2, 4 + side],
      1e-5,
      'tall',
    );
  });

  it('change by shares of their sides', () => {
    const [from, by] = [NdArray.from([[[0, 0, 10, 20]]]), NdArray.from([[[1, -1, 0, 5 * Math.log(2)]]])];
    const [a, b] = tensorsOf([from, by]);
    const [changed] = runReference(new Graph([a!, b!], [changedBoxes(a!, b!)]), [from, by]);
    assertNear(changed!.toNumbers(), [1, 8 - 20, 11, 8 + 20], 1e-5, 'boxes');
  });
});

describe('propose', () => {
  it('takes the likeliest anchors without those that overlap, and leaves the rest empty', async () => {
    const rows = NdArray.from([
      [
        [0, 0, 10, 10, 0, 0, 0, 0, 2],
        [1, 0, 11, 10, 0, 0, 0, 0, 1],
        [20, 20, 30, 50, 1, 0, 0, 0, 3],
        [0, 0, 0, 0, 0, 0, 0, 0, 0],
      ],
    ]);
    const [prediction] = tensorsOf([rows]);
    const { anchors } = unpackStages('test', input('x', 'float32', [1, 7, 11]), 3);
    assert.deepEqual(anchors.boxes.shape, [1, 4, 4]);
    const part = (start: number, end: number): Tensor => prediction!.slice(2, start, end);
    const boxes = propose({ boxes: part(0, 4), changes: part(4, 8), objectness: part(8, 9) }, 4, [40, 40]);
    const graph = new Graph([prediction!], [boxes]);
    const expected = [21, 20, 31, 40, 0, 0, 10, 10, 0, 0, 0, 0, 0, 0, 0, 0];
    assertNear((await openOrt(graph, [rows]))[0]!.toNumbers(), expected, 1e-5, 'boxes');
    assertNear(runReference(graph, [rows])[0]!.toNumbers(), expected, 1e-5, 'boxes by the reference');
  });
});
