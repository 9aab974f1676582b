import { NdArray, sizeOf } from '../graph/array.js';
import type { NodeConfig } from './graphConfig.js';
import { singlePrecision } from './values.js';

/** Nodes and arrays of a graph. */
export interface Content {
  readonly nodes: readonly NodeConfig[];
  readonly initializers: ReadonlyMap<string, NdArray>;
}

/**
 * Merges each BatchNormalization behind a convolution into the filters and the bias of that convolution: fewer operations, and no
 * statistics any more. Only where nothing else reads the convolution's output or its filters.
 * @param outputs names that must stay
 */
export function foldBatchNorms({ nodes, initializers }: Content, outputs: readonly string[]): Content {
  const readers = new Map<string, number>();
  for (const name of [...nodes.flatMap(({ inputs }) => inputs), ...outputs])
    readers.set(name, (readers.get(name) ?? 0) + 1);
  const makers = new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const arrays = new Map(initializers);
  const replaced = new Map<NodeConfig, NodeConfig | undefined>();
  for (const node of nodes) {
    const before = makers.get(node.inputs[0] ?? '');
    const [, scale, bias, mean, variance] = node.inputs.map((name) => initializers.get(name));
    if (node.operator !== 'BatchNormalization' || node.domain !== '' || before?.operator !== 'Conv') continue;
    const [, filterName, biasName] = before.inputs;
    const filter = initializers.get(filterName ?? '');
    const own = biasName ? initializers.get(biasName) : undefined;
    const alone = [before.outputs[0]!, filterName!].every((name) => readers.get(name) === 1);
    if (!alone || !filter || !scale || !bias || !mean || !variance || (biasName && !own)) continue;
    const epsilon = Number(node.attributes.find(({ name }) => name === 'epsilon')?.value ?? 1e-5);
    const [scales, biases, means, variances] = [scale, bias, mean, variance].map(
      (array) => singlePrecision(array).data,
    );
    const factors = scales!.map((value, c) => value / Math.sqrt(variances![c]! + epsilon));
    const inner = sizeOf(filter.shape.slice(1));
    const filters = singlePrecision(filter).data.map((value, i) => value * factors[Math.floor(i / inner)]!);
    const added = biases!.map(
      (value, c) => value + ((own ? singlePrecision(own).data[c]! : 0) - means![c]!) * factors[c]!,
    );
    const newBias = biasName || `${filterName}.bias`;
    arrays.set(filterName!, new NdArray('float32', filter.shape, filters));
    arrays.set(newBias, new NdArray('float32', [added.length], added));
    replaced.set(before, {
      ...before,
      inputs: [before.inputs[0]!, filterName!, newBias],
      outputs: [node.outputs[0]!],
    });
    replaced.set(node, undefined);
  }
  const left = nodes.map((node) => (replaced.has(node) ? replaced.get(node) : node));
  return { nodes: left.filter((node) => node !== undefined), initializers: arrays };
}
