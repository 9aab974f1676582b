import type { NdArray } from '../graph/array.js';
import { runReference } from '../graph/evaluate.js';
import type { Graph } from '../graph/graph.js';
import type { Runtime } from './runtime.js';

/** Runs graphs by the primitives' own rules, in double precision: slow, exact, everywhere. */
export const referenceRuntime: Runtime = {
  name: 'reference',
  async compile(graph: Graph) {
    return {
      async run(inputs: readonly NdArray[], outputs?: readonly NdArray[]) {
        const results = runReference(graph, inputs);
        if (!outputs) return results;
        for (const [position, result] of results.entries())
          (outputs[position]!.data as Float64Array).set(result.data as Float64Array);
        return [...outputs];
      },
      async release() {},
    };
  },
};
