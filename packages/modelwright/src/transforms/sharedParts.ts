// A value and its gradient may need the same part: then the value is made of it.
import { type Graph, rebuild } from '../graph/graph.js';
import type { Tensor } from '../graph/tensor.js';
import { erfShare } from '../primitives/elementwise.js';
import { mul } from '../primitives/index.js';
import { constantValue } from './constantFolding.js';

/** gelu(x) is x erfShare(x / sqrt(2)): where its gradient takes the second factor, that is computed once. */
export function geluOfShare(graph: Graph): Graph {
  const shared = new Set<Tensor>();
  for (const { primitive, inputs } of graph.nodes) {
    const product = inputs[0]?.node;
    if (primitive.name !== 'erfShare' || product?.primitive.name !== 'mul') continue;
    const [x, factor] = product.inputs as [Tensor, Tensor];
    const value = constantValue(factor);
    if (value?.size === 1 && value.toNumbers()[0] === Math.fround(Math.SQRT1_2)) shared.add(x);
  }
  if (shared.size === 0) return graph;
  return rebuild(graph, ({ primitive, inputs: [source] }, [x]) =>
    primitive.name === 'gelu' && shared.has(source!) ? [mul(x!, erfShare(mul(x!, Math.SQRT1_2)))] : undefined,
  );
}
