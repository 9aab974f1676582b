import { NdArray } from '../graph/array.js';
import { Graph, rebuild } from '../graph/graph.js';
import { type Attributes, type AttributeValue, apply, type Tensor } from '../graph/tensor.js';

const smallConstant = 64;

/** The elements as text, minus zero told apart from zero. */
const elementsOf = ({ data }: NdArray): string =>
  Array.from<number | bigint, string>(data, (x) => (Object.is(x, -0) ? '-0' : `${x}`)).join();

/** Computes equal things once: nodes with the same primitive, inputs and attributes become one. */
export function eliminateCommonSubexpressions(graph: Graph): Graph {
  const identities = new Map<object, number>();
  const identityOf = (value: object): number => {
    const known = identities.get(value);
    if (known !== undefined) return known;
    identities.set(value, identities.size);
    return identities.size - 1;
  };
  const keyOf = (value: AttributeValue): string => {
    if (value instanceof NdArray) {
      return value.size <= smallConstant
        ? `${value.dtype}[${value.shape}](${elementsOf(value)})`
        : `array ${identityOf(value)}`;
    }
    if (value instanceof Graph) return `graph ${identityOf(value)}`;
    return Array.isArray(value)
      ? `[${value.map((item) => keyOf(item as AttributeValue)).join()}]`
      : String(value);
  };
  const attributesKey = (attributes: Attributes): string =>
    Object.entries(attributes)
      .map(([name, value]) => `${name}=${keyOf(value)}`)
      .join(';');
  const seen = new Map<string, readonly Tensor[]>();
  return rebuild(graph, (node, inputs) => {
    const key = `${node.primitive.name}(${inputs.map(identityOf).join()}){${attributesKey(node.attributes)}}`;
    const known = seen.get(key);
    if (known) return known;
    const outputs = inputs.every((tensor, i) => tensor === node.inputs[i])
      ? node.outputs
      : apply(node.primitive, inputs, node.attributes);
    seen.set(key, outputs);
    return outputs;
  });
}
