// What every runtime has to get right: each primitive's samples, their gradients, and a few whole graphs, against the reference.
import { NdArray, sizeOf } from '../graph/array.js';
import { isFloat } from '../graph/dtype.js';
import { runReference } from '../graph/evaluate.js';
import { Graph } from '../graph/graph.js';
import { formatShape, sameShape } from '../graph/shape.js';
import { apply, input, type Primitive, type Sample, type Tensor } from '../graph/tensor.js';
import { add, cast, constant, mul, primitives, sum } from '../primitives/index.js';
import { gradients } from '../transforms/grad.js';
import { wholeGraphs } from './conformanceGraphs.js';
import type { Runtime } from './runtime.js';

/** A graph, what goes in, and what has to come out. */
export interface ConformanceCase {
  /** `<primitive> <sample>`, with ` gradient` behind it where gradients are taken, or the name of a whole graph. */
  readonly name: string;
  readonly graph: Graph;
  readonly inputs: readonly NdArray[];
  readonly expected: readonly NdArray[];
  /** How far a float may be off: |found - expected| / max(1, |expected|). */
  readonly tolerance: number;
}

/** Why a runtime does not run some cases: those whose name begins with a key. */
export type Skips = Readonly<Record<string, string>>;

export interface ConformanceOptions {
  readonly skips?: Skips;
  /** Tolerances of cases whose name begins with a key, for devices with coarse sines and exponentials. */
  readonly tolerances?: Readonly<Record<string, number>>;
}

export interface ConformanceResult {
  readonly runtime: string;
  readonly passed: number;
  readonly failed: readonly { readonly name: string; readonly message: string }[];
  readonly skipped: readonly { readonly name: string; readonly reason: string }[];
}

/** Every case there is, made from the table of primitives and from the whole graphs. */
export function conformanceCases(): ConformanceCase[] {
  const samples = primitives.flatMap((primitive) =>
    primitive.samples().flatMap((sample, position) => {
      const name = `${primitive.name} ${position}`;
      const forward = caseOf(name, forwardGraph(primitive, sample), sample.inputs, 1e-5);
      const backward = gradientGraph(primitive, sample);
      return backward ? [forward, caseOf(`${name} gradient`, backward, sample.inputs, 1e-5)] : [forward];
    }),
  );
  const whole = wholeGraphs().map(({ name, fn, inputs }) => {
    const tensors = inputs.map(({ dtype, shape }, position) => input(`x${position}`, dtype, shape));
    return caseOf(name, new Graph(tensors, fn(...tensors)), inputs, 1e-4);
  });
  return [...samples, ...whole];
}

function caseOf(name: string, graph: Graph, inputs: readonly NdArray[], tolerance: number): ConformanceCase {
  return { name, graph, inputs, expected: runReference(graph, inputs), tolerance };
}

function forwardGraph(primitive: Primitive, { inputs, attributes }: Sample): Graph {
  const tensors = inputs.map((array, position) => input(`x${position}`, array.dtype, array.shape));
  return new Graph(tensors, apply(primitive, tensors, attributes));
}

/** The gradients with respect to the float inputs of the outputs' sum, each element weighted by a cosine to tell it apart. */
function gradientGraph(primitive: Primitive, sample: Sample): Graph | undefined {
  const { inputs, outputs } = forwardGraph(primitive, sample);
  const sources = inputs.filter(({ dtype }) => isFloat(dtype));
  const floats = outputs.filter(({ dtype }) => isFloat(dtype));
  if (sources.length === 0 || floats.length === 0) return undefined;
  const terms = floats.map((output): Tensor => {
    const shape = output.shape as readonly number[];
    const weights = Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.cos(i + 1));
    return cast(
      sum(mul(output, cast(constant(new NdArray('float32', shape, weights)), output.dtype))),
      'float32',
    );
  });
  return new Graph(inputs, gradients(terms.reduce(add), sources));
}

/** Runs the cases on a runtime: each once for new arrays and once into given ones. */
export async function runConformance(
  runtime: Runtime,
  cases: readonly ConformanceCase[],
  { skips = {}, tolerances = {} }: ConformanceOptions = {},
): Promise<ConformanceResult> {
  const failed: { name: string; message: string }[] = [];
  const skipped: { name: string; reason: string }[] = [];
  let passed = 0;
  for (const { name, graph, inputs, expected, tolerance: usual } of cases) {
    const tolerance = lookUp(tolerances, name) ?? usual;
    const reason = lookUp(skips, name);
    if (reason !== undefined) {
      skipped.push({ name, reason });
      continue;
    }
    try {
      const executable = await runtime.compile(graph);
      try {
        compare(await executable.run(inputs), expected, tolerance);
        const outputs = expected.map(({ dtype, shape }) => new NdArray(dtype, shape));
        await executable.run(inputs, outputs);
        compare(outputs, expected, tolerance);
        passed++;
      } finally {
        await executable.release();
      }
    } catch (error) {
      failed.push({ name, message: error instanceof Error ? error.message : String(error) });
    }
  }
  return { runtime: runtime.name, passed, failed, skipped };
}

/** The entry whose key is `name`, or its first words. */
function lookUp<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.entries(table).find(([key]) => name === key || name.startsWith(`${key} `))?.[1];
}

/** @throws Error at the first difference */
function compare(found: readonly NdArray[], expected: readonly NdArray[], tolerance: number): void {
  if (found.length !== expected.length)
    throw new Error(`gave ${found.length} outputs, expected ${expected.length}`);
  for (const [position, { dtype, shape, data }] of expected.entries()) {
    const array = found[position]!;
    if (array.dtype !== dtype || !sameShape(array.shape, shape)) {
      throw new Error(
        `output ${position} is ${array.dtype}${formatShape(array.shape)}, expected ${dtype}${formatShape(shape)}`,
      );
    }
    for (const [i, value] of data.entries()) {
      const [a, e] = [Number(array.data[i]), Number(value)];
      if (Object.is(a, e) || a === e) continue;
      const error = Math.abs(a - e) / Math.max(1, Math.abs(e));
      if (!(error <= tolerance)) {
        throw new Error(
          `output ${position}, element ${i}: ${a}, expected ${e} (error ${error.toExponential(1)})`,
        );
      }
    }
  }
}

/** A result as text: one line of counts, the skips by reason, and the failures. */
export function formatConformance({ runtime, passed, failed, skipped }: ConformanceResult): string {
  const reasons = new Map<string, string[]>();
  for (const { name, reason } of skipped) reasons.set(reason, [...(reasons.get(reason) ?? []), name]);
  return [
    `${runtime}: ${passed} passed, ${failed.length} failed, ${skipped.length} skipped`,
    ...[...reasons].map(([reason, names]) => `  skipped ${names.join(', ')}: ${reason}`),
    ...failed.map(({ name, message }) => `  FAILED ${name}: ${message}`),
  ].join('\n');
}
