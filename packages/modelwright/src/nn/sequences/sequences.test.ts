import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NdArray } from '../../graph/array.js';
import { evaluateReference } from '../../graph/evaluate.js';
import { checkGraph, Graph } from '../../graph/graph.js';
import { Random } from '../../graph/random.js';
import { input, type Tensor } from '../../graph/tensor.js';
import { openOrt } from '../../runtime/testing.js';
import { assertNear, toReference } from '../../testing/compare.js';
import { gradients } from '../../transforms/grad.js';
import { crf, viterbi } from '../index.js';
import { crfLoss, ctc, ctcLoss, ctcSkipped } from '../losses/index.js';

const random = new Random(11);
const numbers = (...shape: number[]): NdArray<'float32'> => {
  const size = shape.reduce((a, b) => a * b, 1);
  return NdArray.of(
    'float32',
    shape,
    Array.from({ length: size }, () => random.normal(0, 1.5)),
  );
};
const integers = (rows: number[][]): NdArray<'int32'> => NdArray.from(rows, 'int32');

/** The outputs in ONNX Runtime, after a look whether the reference gives the same. */
async function run(build: (...tensors: Tensor[]) => Tensor[], ...arrays: NdArray[]): Promise<number[][]> {
  const tensors = arrays.map(({ dtype, shape }, i) => input(`x${i}`, dtype, shape));
  const graph = new Graph(tensors, build(...tensors));
  checkGraph(graph);
  const exact = evaluateReference(graph, arrays.map(toReference));
  const found = (await openOrt(graph, arrays)).map((array) => array.toNumbers());
  for (const [i, { data }] of exact.entries()) assertNear(found[i]!, data, 5e-5, `output ${i}`);
  return found;
}

/** Every list of `length` numbers below `count`. */
function* sequences(length: number, count: number): Generator<number[]> {
  if (length === 0) yield [];
  else for (const rest of sequences(length - 1, count)) for (let i = 0; i < count; i++) yield [...rest, i];
}

/** The loss of each example, and the gradient of their sum with respect to the first input. */
const withGradient =
  (loss: (x: Tensor, t: Tensor) => Tensor) =>
  (x: Tensor, t: Tensor): Tensor[] => {
    const values = loss(x, t);
    return [values, gradients(values.sum(), [x])[0]!];
  };

describe('a chain of tags', () => {
  const [time, tags] = [5, 3];
  const lengths = [5, 4, 1, 2, 0];
  const scores = numbers(lengths.length, tags + 2 + time, tags);
  const mask = NdArray.from(
    lengths.map((length) => Array.from({ length: time }, (_, t) => t < length)),
    'bool',
  );

  const scoreOf = (example: number, sequence: readonly number[]): number => {
    const at = (row: number, tag: number): number =>
      scores.data[(example * (tags + 2 + time) + row) * tags + tag]!;
    return sequence.reduce(
      (sum, tag, t) => sum + at(t === 0 ? tags : sequence[t - 1]!, tag) + at(tags + 2 + t, tag),
      at(tags + 1, sequence.at(-1)!),
    );
  };

  it('has the best sequence that enumeration finds', async () => {
    const [found] = await run((s, m) => [viterbi(s, m)], scores, mask);
    for (const [example, length] of lengths.entries()) {
      const row = found!.slice(example * time, (example + 1) * time);
      assert.ok(row.slice(length).every((tag) => tag === -1));
      if (length === 0) continue;
      const best = [...sequences(length, tags)].reduce((a, b) =>
        scoreOf(example, b) > scoreOf(example, a) ? b : a,
      );
      assert.deepEqual(row.slice(0, length), best);
    }
  });

  it('has a likelihood that padding does not change, nor its gradient', async () => {
    const loss = withGradient((x, t) => crfLoss(x, t, { reduction: 'none' }));
    const target = integers([[2, 0]]);
    const short = numbers(1, tags + 2 + 2, tags);
    const long = NdArray.of('float32', [1, tags + 2 + 4, tags], [...short.data, ...numbers(2, tags).data]);
    const [value, gradient] = await run(loss, short, target);
    const [padded, paddedGradient] = await run(loss, long, integers([[2, 0, -1, -1]]));
    assertNear(padded!, value!, 1e-6, 'loss');
    assertNear(paddedGradient!, [...gradient!, ...new Array<number>(2 * tags).fill(0)], 1e-6, 'gradient');
  });

  it('stays exact over long sequences: without transitions it is a softmax at each position', async () => {
    const [length, width] = [200, 4];
    const emissions = NdArray.of(
      'float32',
      [1, length, width],
      numbers(length, width).data.map((x) => 10 * x),
    );
    const boundary = new Float32Array((width + 2) * width);
    const packed = NdArray.of('float32', [1, width + 2 + length, width], [...boundary, ...emissions.data]);
    const target = Array.from({ length }, (_, t) => t % width);
    const [value] = await run((x, t) => [crfLoss(x, t)], packed, integers([target]));
    const expected = target.reduce((sum, tag, t) => {
      const row = [...emissions.data.slice(t * width, (t + 1) * width)];
      const largest = Math.max(...row);
      return sum + largest - row[tag]! + Math.log(row.reduce((a, x) => a + Math.exp(x - largest), 0));
    }, 0);
    assert.ok(Math.abs(value![0]! - expected) < 1e-4 * expected, `${value}, expected ${expected}`);
  });

  it('says what is wrong', () => {
    const place = (...shape: number[]): Tensor => input('x', 'float32', shape);
    const target = (...shape: number[]): Tensor => input('t', 'int32', shape);
    assert.throws(() => crfLoss(place(2, 4), target(2, 4)), /Put crf\(tags\) at the end of the network/);
    assert.throws(() => crfLoss(place(2, 5, 3), target(2, 4)), /Put crf\(tags\) at the end/);
    assert.throws(() => crfLoss(place(2, 9, 3), target(2, 3)), /the target is .*2, 3.* for \[2, 4\]/);
    assert.throws(() => crf(0), /tags must be a whole number/);
    assert.throws(() => crf(3).init({ shape: [2, 4, 5] }), /Put dense\(3\) in front/);
  });
});

describe('connectionist temporal classification', () => {
  /** -log of the summed probabilities of all paths that say the labels. */
  function enumerated(
    logits: NdArray,
    example: number,
    steps: number,
    labels: readonly number[],
    blank: number,
  ): number {
    const [, time, classes] = logits.shape as [number, number, number];
    const rows = Array.from({ length: steps }, (_, t) => {
      const start = (example * time + t) * classes;
      const row = logits.toNumbers().slice(start, start + classes);
      const total = row.reduce((sum, x) => sum + Math.exp(x), 0);
      return row.map((x) => Math.exp(x) / total);
    });
    let probability = 0;
    for (const path of sequences(steps, classes)) {
      const said = path.filter((label, t) => label !== blank && label !== path[t - 1]);
      if (said.join() === labels.join()) probability += path.reduce((p, label, t) => p * rows[t]![label]!, 1);
    }
    return probability > 0 ? -Math.log(probability) : 0;
  }

  const targets = [[1, 2], [2, 2], [1], [], [2, 1, 2]];
  const padded = integers(targets.map((labels) => [...labels, -1, -1, -1].slice(0, 3)));
  const lengths = [5, 3, 4, 2, 2];
  const logits = numbers(targets.length, 5, 3);

  it('sums all ways to say a target, within the steps that count', async () => {
    for (const blank of [0, 2]) {
      const named =
        blank === 0
          ? padded
          : NdArray.of(
              'int32',
              padded.shape,
              padded.data.map((x) => (x < 0 ? x : x - 1)),
            );
      const labelsOf = (labels: readonly number[]) => (blank === 0 ? labels : labels.map((x) => x - 1));
      const [values, possible] = await run(
        (x, t, n) => {
          const result = ctc(x, t, { blank, lengths: n });
          return [result.values, result.possible];
        },
        logits,
        named,
        NdArray.from(lengths, 'int32'),
      );
      const expected = targets.map((labels, i) =>
        enumerated(logits, i, lengths[i]!, labelsOf(labels), blank),
      );
      assertNear(values!, expected, 1e-5, 'values');
      assert.deepEqual(possible, [1, 1, 1, 1, 0]);
    }
  });

  it('names the targets it leaves out', () => {
    assert.deepEqual(ctcSkipped(targets, lengths), [{ example: 4, needed: 3, available: 2 }]);
    assert.deepEqual(ctcSkipped([[7, 7]], [2]), [{ example: 0, needed: 3, available: 2 }]);
  });

  it('is not changed by padding of inputs or targets, nor is its gradient', async () => {
    const [short, more] = [numbers(1, 4, 3), numbers(2, 3)];
    const loss = (x: Tensor, t: Tensor, n: Tensor): Tensor[] =>
      withGradient((logits, labels) => ctc(logits, labels, { lengths: n }).values)(x, t);
    const [value, gradient] = await run(loss, short, integers([[1, 2]]), NdArray.from([4], 'int32'));
    const long = NdArray.of('float32', [1, 6, 3], [...short.data, ...more.data]);
    const [same, padding] = await run(loss, long, integers([[1, 2, -1]]), NdArray.from([4], 'int32'));
    assertNear(same!, value!, 1e-6, 'loss');
    assertNear(padding!, [...gradient!, 0, 0, 0, 0, 0, 0], 1e-6, 'gradient');
  });

  it('says what is wrong', () => {
    const place = (dtype: 'float32' | 'int32', ...shape: (number | string)[]): Tensor =>
      input('x', dtype, shape);
    assert.throws(
      () => ctcLoss(place('float32', 2, 5), place('int32', 2, 3)),
      /expected \[batch, time, classes\]/,
    );
    assert.throws(() => ctcLoss(place('float32', 2, 'time', 3), place('int32', 2, 3)), /leaves 'time' open/);
    assert.throws(
      () => ctcLoss(place('float32', 2, 5, 3), place('int32', 2, 3), { blank: 3 }),
      /blank is 3; expected one of the 3/,
    );
  });
});
