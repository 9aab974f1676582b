import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NdArray } from '../../graph/array.js';
import { runReference } from '../../graph/evaluate.js';
import { Graph } from '../../graph/graph.js';
import { input, type Tensor } from '../../graph/tensor.js';
import { openOrt } from '../../runtime/testing.js';
import { assertNear } from '../../testing/compare.js';
import { generalizedIou, pairwiseIou } from './boxes.js';
import { detectPoints } from './points.js';
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
      (graph: Graph) => openOrt(graph, [candidates, scores], false),
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
    const [classes] = await openOrt(graph, [candidates, scores], false);
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
