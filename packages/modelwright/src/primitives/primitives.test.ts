// The table is its own test: for every primitive and every sample the types, ONNX Runtime against the reference, and the
// gradient against central differences in double precision.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NdArray, sizeOf } from '../graph/array.js';
import { isFloat } from '../graph/dtype.js';
import { evaluateReference, runReference } from '../graph/evaluate.js';
import { checkGraph, Graph } from '../graph/graph.js';
import { apply, input, type Primitive, type Sample, type Tensor } from '../graph/tensor.js';
import { openOrt } from '../runtime/testing.js';
import { assertNear, centralDifferences, toReference } from '../testing/compare.js';
import { gradients } from '../transforms/grad.js';
import { add, cast, constant, mul, primitives, sum } from './index.js';

function graphOf(primitive: Primitive, { inputs, attributes }: Sample): Graph {
  const tensors = inputs.map((array, position) => input(`x${position}`, array.dtype, array.shape));
  return new Graph(tensors, apply(primitive, tensors, attributes));
}

/** A fixed weighting of tensors, so that each element's gradient is told apart. */
function weighted(tensors: readonly Tensor[], phase = 1): Tensor {
  const terms = tensors.map((tensor) => {
    const shape = tensor.shape as readonly number[];
    const weights = Float64Array.from({ length: sizeOf(shape) }, (_, i) => Math.cos(i + phase));
    return sum(mul(cast(tensor, 'float64'), constant(new NdArray('float64', shape, weights))));
  });
  return terms.reduce(add);
}

function weigh(primitive: Primitive, sample: Sample): Graph {
  const { inputs, outputs } = graphOf(primitive, sample);
  return new Graph(inputs, [weighted(outputs.filter((output) => isFloat(output.dtype)))]);
}

for (const primitive of primitives) {
  describe(primitive.name, () => {
    for (const [position, sample] of primitive.samples().entries()) {
      const name = `sample ${position}: ${sample.inputs.map(({ dtype, shape }) => `${dtype}[${shape}]`).join(' ')}`;

      it(`${name}: ONNX Runtime agrees with the reference`, async () => {
        const graph = graphOf(primitive, sample);
        checkGraph(graph);
        const expected = runReference(graph, sample.inputs);
        for (const forms of [{}, { extensions: true }, { webgpu: true }]) {
          const actual = await openOrt(graph, sample.inputs, forms);
          for (const [i, array] of expected.entries()) {
            assert.deepEqual(actual[i]!.shape, array.shape);
            assert.equal(actual[i]!.dtype, array.dtype);
            assertNear(actual[i]!.toNumbers(), array.toNumbers(), 1e-5, `output ${i}`);
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
        const values = sample.inputs.map(toReference);
        const found = evaluateReference(backward, values);
        for (const [which, i] of floats.entries()) {
          const numeric = centralDifferences(forward, values, i);
          assertNear(found[which]!.data, numeric, 1e-6, `gradient of input ${i}`);
        }
      });

      it(`${name}: the gradient can be differentiated again`, () => {
        const forward = weigh(primitive, sample);
        const wanted = floats.map((i) => forward.inputs[i]!);
        const slopes = gradients(forward.outputs[0]!, wanted);
        const total = slopes.map((slope, i) => weighted([slope], i + 1)).reduce(add);
        const once = new Graph(forward.inputs, [total]);
        const twice = new Graph(forward.inputs, gradients(total, wanted));
        const values = sample.inputs.map(toReference);
        const found = evaluateReference(twice, values);
        for (const [which, i] of floats.entries()) {
          const numeric = centralDifferences(once, values, i);
          assertNear(found[which]!.data, numeric, 1e-5, `second gradient of input ${i}`);
        }
      });
    }
  });
}
