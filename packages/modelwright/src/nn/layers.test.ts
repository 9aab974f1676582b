// Walks the registry: what every kind of layer must do, on each of its samples.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NdArray, sizeOf } from '../graph/array.js';
import { isFloat } from '../graph/dtype.js';
import { evaluateReference, runReference } from '../graph/evaluate.js';
import { checkGraph } from '../graph/graph.js';
import type { ReferenceValue, Tensor } from '../graph/tensor.js';
import { entries, leaves } from '../graph/tree.js';
import { constant, mean, mul, square, sub, sum } from '../primitives/index.js';
import { openOrt } from '../runtime/testing.js';
import { readFixture } from '../testing/fixture.js';
import { gradients } from '../transforms/grad.js';
import { simplify } from '../transforms/simplify.js';
import {
  Layer,
  type LayerDefinition,
  type LayerSample,
  layerDefinitions,
  layerFromJson,
  layerToJson,
  type Variables,
} from './index.js';
import { type Traced, toReference, traceLayer } from './testing.js';

interface Values {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

interface Fixture {
  readonly parameters: Readonly<Record<string, Values>>;
  readonly state: Readonly<Record<string, Values>>;
  readonly input: Values;
  readonly output: Values;
  readonly gradients?: Readonly<Record<string, Values>>;
  readonly inputGradient?: Values;
  /** Of the float inputs after the first. */
  readonly otherGradients?: readonly Values[];
  readonly newState: Readonly<Record<string, Values>>;
}

const fixtures: Readonly<Record<string, Fixture>> = Object.assign(
  {},
  ...['layers', 'attention', 'recurrent', 'sequences', 'audio'].map((name) =>
    readFixture(import.meta.url, `fixtures/${name}.json`),
  ),
);

function near(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number, what: string): void {
  assert.equal(actual.length, expected.length, `${what}: number of elements`);
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(actual[i]! - expected[i]!) / Math.max(1, Math.abs(expected[i]!));
    assert.ok(error <= tolerance, `${what}: element ${i} is ${actual[i]}, expected ${expected[i]}`);
  }
}

/** cos(1), cos(2), ...: what each output weighs, so that the gradients of all elements are told apart. */
const cosines = (output: Tensor): Tensor => {
  const shape = output.shape as readonly number[];
  return constant(
    NdArray.of(
      'float32',
      shape,
      Array.from({ length: sizeOf(shape) }, (_, i) => Math.cos(i + 1)),
    ),
  );
};

/** What gradients are taken of: all parameters, and inputs that are floats. */
const trainable = (traced: Traced): Tensor[] => [
  ...traced.inputs.filter(({ dtype }) => isFloat(dtype)),
  ...traced.parameters,
];

function checkSample(definition: LayerDefinition<unknown>, sample: LayerSample<unknown>): void {
  const { inputs, training = false, noDifferences } = sample;
  const layer = new Layer(definition.type, sample.config, definition.call);
  const variables = layer.init(inputs, 3);
  const trace = (): Traced => traceLayer(layer, inputs, variables, { training });

  it('is the same after a round trip through JSON, and starts the same from the same seed', () => {
    const read = layerFromJson(JSON.parse(JSON.stringify(layerToJson(layer))));
    const again = read.init(inputs, 3);
    assert.deepEqual(again, variables);
    const traced = trace();
    const copy = traceLayer(read, inputs, again, { training });
    assert.deepEqual(
      runReference(copy.graph([copy.output]), copy.values),
      runReference(traced.graph([traced.output]), traced.values),
    );
  });

  it(`runs in ONNX Runtime as in the reference${training ? '' : ', the batch left open'}`, async () => {
    const known = trace();
    const expected = runReference(known.graph([known.output, ...known.newState]), known.values);
    const shapes = inputs.map(({ shape }) => (training ? shape : ['batch', ...shape.slice(1)]));
    const open = traceLayer(layer, inputs, variables, { training, shapes });
    const graph = open.graph([open.output, ...open.newState]);
    checkGraph(graph);
    if (!training) assert.equal(open.output.shape[0], 'batch');
    const actual = await openOrt(graph, open.values);
    for (const [i, array] of expected.entries()) {
      assert.deepEqual(actual[i]!.shape, array.shape);
      near(actual[i]!.toNumbers(), array.toNumbers(), 1e-5, `output ${i}`);
    }
  });

  const differentiable = trainable(trace()).length > 0;

  if (differentiable) {
    const compared = noDifferences === undefined ? {} : { skip: noDifferences };
    it('has the gradients that central differences give', compared, () => {
      const traced = trace();
      const loss = sum(mul(traced.output, cosines(traced.output)));
      const wanted = trainable(traced);
      const forward = traced.graph([loss]);
      const found = evaluateReference(traced.graph(gradients(loss, wanted)), traced.values.map(toReference));
      const values = traced.values.map(toReference);
      for (const [which, tensor] of wanted.entries()) {
        near(
          found[which]!.data,
          differences(forward, values, forward.inputs.indexOf(tensor)),
          1e-6,
          `gradient ${which}`,
        );
      }
    });

    it('comes closer to a target in one step of gradient descent, in ONNX Runtime', async () => {
      const traced = trace();
      const loss = mean(square(sub(traced.output, cosines(traced.output))));
      const wanted = trainable(traced);
      const moved = gradients(loss, wanted).map((g, i) => sub(wanted[i]!, mul(g, 1e-3)));
      const forward = traced.graph([loss]);
      const step = simplify(traced.graph([loss, ...moved]));
      const [before, ...after] = await openOrt(step, traced.values, { extensions: true });
      const expected = runReference(step, traced.values);
      for (const [i, array] of [before!, ...after].entries())
        near(array.toNumbers(), expected[i]!.toNumbers(), 1e-4, `result ${i}`);
      const values = [...traced.values];
      for (const [i, tensor] of wanted.entries()) values[forward.inputs.indexOf(tensor)] = after[i]!;
      assert.ok(runReference(forward, values)[0]!.item() < before!.item());
    });
  }

  const { noFixture } = sample;
  it('agrees with PyTorch', noFixture === undefined ? {} : { skip: noFixture }, () => {
    const fixture = fixtures[sample.name];
    assert.ok(fixture, `the scripts in fixtures/ have no case '${sample.name}'`);
    assert.deepEqual(fixture.input.shape, inputs[0]!.shape);
    near(inputs[0]!.toNumbers(), fixture.input.data, 1e-6, 'input');
    const traced = trace();
    const loss = sum(mul(traced.output, cosines(traced.output)));
    const wanted = trainable(traced);
    const graph = traced.graph([traced.output, ...traced.newState, ...gradients(loss, wanted)]);
    const ordered = (kind: keyof Variables, values: Readonly<Record<string, Values>>): Values[] => {
      const paths = entries<NdArray>(variables[kind]).map(([path]) => path);
      assert.deepEqual(Object.keys(values).sort(), [...paths].sort());
      return paths.map((path) => values[path]!);
    };
    const given = [...ordered('parameters', fixture.parameters), ...ordered('state', fixture.state)];
    const values = traced.values.map((array, i): ReferenceValue => {
      const override = given[i - inputs.length];
      return override
        ? { shape: override.shape, data: Float64Array.from(override.data) }
        : toReference(array);
    });
    const expected = [
      fixture.output,
      ...ordered('state', fixture.newState),
      ...(fixture.inputGradient ? [fixture.inputGradient] : []),
      ...(fixture.otherGradients ?? []),
      ...ordered('parameters', fixture.gradients ?? {}),
    ];
    const actual = evaluateReference(graph, values);
    assert.equal(actual.length, expected.length);
    for (const [i, { shape, data }] of actual.entries()) {
      assert.deepEqual(shape, expected[i]!.shape);
      near(data, expected[i]!.data, 1e-5, `result ${i}`);
    }
  });
}

/** The derivative of a graph's only output, one element at a time, by Richardson's extrapolation of central differences. */
function differences(
  graph: ReturnType<Traced['graph']>,
  values: readonly ReferenceValue[],
  which: number,
): Float64Array {
  const { data } = values[which]!;
  return Float64Array.from(data, (value, element) => {
    const at = (shift: number): number => {
      data[element] = value + shift;
      const result = evaluateReference(graph, values)[0]!.data[0]!;
      data[element] = value;
      return result;
    };
    const step = 1e-4;
    const [wide, narrow] = [(at(2 * step) - at(-2 * step)) / (4 * step), (at(step) - at(-step)) / (2 * step)];
    return (4 * narrow - wide) / 3;
  });
}

for (const definition of layerDefinitions()) {
  describe(definition.type, () => {
    const samples = definition.samples();
    it('has samples', () => assert.ok(samples.length > 0));
    for (const sample of samples) describe(sample.name, () => checkSample(definition, sample));
  });
}

it('the fixtures hold the samples, and nothing else', () => {
  const names = layerDefinitions().flatMap((definition) =>
    definition
      .samples()
      .filter(({ noFixture }) => noFixture === undefined)
      .map(({ name }) => name),
  );
  assert.deepEqual(Object.keys(fixtures).sort(), [...names].sort());
  assert.equal(leaves(names).length, new Set(names).size);
});
