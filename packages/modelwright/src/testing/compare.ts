// For tests: comparing numbers, and gradients by differences.
import assert from 'node:assert/strict';
import type { NdArray } from '../graph/array.js';
import { evaluateReference } from '../graph/evaluate.js';
import type { Graph } from '../graph/graph.js';
import type { ReferenceValue } from '../graph/tensor.js';

/** Asserts that numbers agree within `tolerance`, relative to those expected where these are larger than 1. */
export function assertNear(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  what: string,
): void {
  assert.equal(actual.length, expected.length, `${what}: number of elements`);
  for (let i = 0; i < expected.length; i++) {
    const [a, e] = [actual[i]!, expected[i]!];
    if (Object.is(a, e) || a === e) continue;
    const error = Math.abs(a - e) / Math.max(1, Math.abs(e));
    assert.ok(error <= tolerance, `${what}: element ${i} is ${a}, expected ${e} (error ${error})`);
  }
}

/** An array in double precision, as the reference evaluation takes it. */
export function toReference(array: NdArray): ReferenceValue {
  return { shape: array.shape, data: Float64Array.from(array.toNumbers()) };
}

/**
 * The gradient of a graph's only output, a scalar, with respect to one of its inputs by central differences in double
 * precision, with Richardson's extrapolation: an error of order step to the fourth.
 */
export function centralDifferences(
  graph: Graph,
  values: readonly ReferenceValue[],
  which: number,
): Float64Array {
  const { shape, data } = values[which]!;
  return Float64Array.from(data, (value, element) => {
    const at = (shift: number): number => {
      const shifted = { shape, data: data.with(element, value + shift) };
      return evaluateReference(graph, values.with(which, shifted))[0]!.data[0]!;
    };
    const step = 1e-5 * Math.max(1, Math.abs(value));
    const [wide, narrow] = [(at(2 * step) - at(-2 * step)) / (4 * step), (at(step) - at(-step)) / (2 * step)];
    return (4 * narrow - wide) / 3;
  });
}
