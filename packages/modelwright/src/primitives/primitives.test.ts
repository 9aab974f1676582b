// The table is its own test: for every primitive and every sample the types, ONNX Runtime against the reference, and the
// gradient against central differences in double precision.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NdArray, sizeOf } from '../graph/array.js';
import { isFloat } from '../graph/dtype.js';
import { evaluateReference, runReference } from '../graph/evaluate.js';
import { checkGraph, Graph } from '../graph/graph.js';
import { apply, input, type Primitive, type ReferenceValue, type Sample } from '../graph/tensor.js';
import { gradients } from '../transforms/grad.js';
import { add, cast, constant, mul, primitives, sum } from './index.js';
import { openOrt } from '../runtime/testing.js';

function graphOf(primitive: Primitive, { inputs, attributes }: Sample): Graph {
  const tensors = inputs.map((array, position) => input(`x${position}`, array.dtype, array.shape));
  return new Graph(tensors, apply(primitive, tensors, attributes));
}

const asReference = (array: NdArray): ReferenceValue => ({
  shape: array.shape,
  data: Float64Array.from(array.data as ArrayLike<number | bigint>, Number),
});

/** A fixed weighting of the outputs, so that each element's gradient is told apart. */
function weigh(primitive: Primitive, sample: Sample): Graph {
  const { inputs, outputs } = graphOf(primitive, sample);
  const terms = outputs
    .filter((output) => isFloat(output.dtype))
    .map((output) => {
      const shape = output.shape as readonly number[];
      const weights = Float64Array.from({ length: sizeOf(shape) }, (_, i) => Math.cos(i + 1));
      return sum(mul(cast(output, 'float64'), constant(new NdArray('float64', shape, weights))));
    });
  return new Graph(inputs, [terms.reduce(add)]);
}

function near(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number, what: string): void {
  assert.equal(actual.length, expected.length, `${what}: number of elements`);
  for (let i = 0; i < expected.length; i++) {
    const [a, e] = [actual[i]!, expected[i]!];
    if (Object.is(a, e) || a === e) continue;
    const error = Math.abs(a - e) / Math.max(1, Math.abs(e));
    assert.ok(error <= tolerance, `${what}: element ${i} is ${a}, expected ${e} (error ${error})`);
  }
}

for (const primitive of primitives) {
  describe(primitive.name, () => {
    for (const [position, sample] of primitive.samples().entries()) {
      const name = `sample ${position}: ${sample.inputs.map(({ dtype, shape }) => `${dtype}[${shape}]`).join(' ')}`;

      it(`${name}: ONNX Runtime agrees with the reference`, async () => {
        const graph = graphOf(primitive, sample);
        checkGraph(graph);
        const expected = runReference(graph, sample.inputs);
        for (const extensions of [false, true]) {
          const actual = await openOrt(graph, sample.inputs, extensions);
          for (const [i, array] of expected.entries()) {
            assert.deepEqual(actual[i]!.shape, array.shape);
            assert.equal(actual[i]!.dtype, array.dtype);
            near(actual[i]!.toNumbers(), array.toNumbers(), 1e-5, `output ${i}`);
          }
        }
      });

      const floats = sample.inputs.flatMap((array, i) => (isFloat(array.dtype) ? [i] : []));
      const hasFloatOutput = graphOf(primitive, sample).outputs.some((output) => isFloat(output.dtype));
      if (sample.noGradient !== undefined || floats.length === 0 || !hasFloatOutput) continue;
      it(`${name}: the gradient agrees with central differences`, () => {
        const forward = weigh(primitive, sample);
        const wanted = floats.map((i) => forward.inputs[i]!);
        const backward = new Graph(forward.inputs, gradients(forward.outputs[0]!, wanted));
        checkGraph(backward, 'differentiation');
        const values = sample.inputs.map(asReference);
        const found = evaluateReference(backward, values);
        for (const [which, i] of floats.entries()) {
          const { data } = values[i]!;
          const numeric = Float64Array.from(data, (value, element) => {
            const at = (shift: number): number => {
              data[element] = value + shift;
              const result = evaluateReference(forward, values)[0]!.data[0]!;
              data[element] = value;
              return result;
            };
            const step = 1e-5 * Math.max(1, Math.abs(value));
            // Richardson's extrapolation of two central differences: an error of order step to the fourth.
            const [wide, narrow] = [(at(2 * step) - at(-2 * step)) / (4 * step), (at(step) - at(-step)) / (2 * step)];
            return (4 * narrow - wide) / 3;
          });
          near(found[which]!.data, numeric, 1e-6, `gradient of input ${i}`);
        }
      });
    }
  });
}
