import { NdArray } from './array.js';
import { bindDimension, formatShape, type Shape, sameShape } from './shape.js';
import {
  type Attributes,
  type AttributeValue,
  apply,
  formatType,
  type GraphNode,
  input,
  type Tensor,
} from './tensor.js';

/** A computation: inputs, outputs, and whatever lies between them. Nodes that no output needs are not part of it. */
export class Graph {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  #nodes: readonly GraphNode[] | undefined;

  constructor(inputs: readonly Tensor[], outputs: readonly Tensor[]) {
    this.inputs = inputs;
    this.outputs = outputs;
  }

  /** The nodes, each after those it reads from. */
  get nodes(): readonly GraphNode[] {
    this.#nodes ??= sortNodes(this.outputs);
    return this.#nodes;
  }

  toString(): string {
    return printGraph(this);
  }
}

/** The nodes that `outputs` need, each after those it reads from. Depth first without recursion: graphs can be deep. */
export function sortNodes(outputs: readonly Tensor[]): GraphNode[] {
  const sorted: GraphNode[] = [];
  const state = new Map<GraphNode, 'open' | 'done'>();
  for (const output of outputs) {
    const stack: GraphNode[] = output.node ? [output.node] : [];
    while (stack.length > 0) {
      const node = stack[stack.length - 1]!;
      if (state.get(node) === undefined) {
        state.set(node, 'open');
        for (const { node: producer } of node.inputs) {
          if (producer && state.get(producer) === undefined) stack.push(producer);
        }
      } else {
        stack.pop();
        if (state.get(node) === 'open') {
          state.set(node, 'done');
          sorted.push(node);
        }
      }
    }
  }
  return sorted;
}

/**
 * Checks a graph: every value it uses is an input or made by one of its nodes, and every node's outputs have the types its
 * primitive infers. Run after every rewrite.
 * @throws Error naming the first node that is wrong
 */
export function checkGraph(graph: Graph, after = 'tracing'): void {
  const known = new Set<Tensor>(graph.inputs);
  const fail = (message: string): never => {
    throw new Error(`The graph is not valid after ${after}: ${message}\n${printGraph(graph)}`);
  };
  for (const node of graph.nodes) {
    for (const [position, tensor] of node.inputs.entries()) {
      if (!known.has(tensor)) {
        fail(
          `input ${position} of ${node.primitive.name} (${tensor}) is neither an input of the graph nor made in it.`,
        );
      }
    }
    for (const body of Object.values(node.attributes)) if (body instanceof Graph) checkGraph(body, after);
    const types = node.primitive.infer(node.inputs, node.attributes);
    for (const [position, output] of node.outputs.entries()) {
      const type = types[position]!;
      if (output.dtype !== type.dtype || !sameShape(output.shape, type.shape)) {
        fail(`${node.primitive.name} gives ${formatType(type)}, but its output says ${output}.`);
      }
      known.add(output);
    }
  }
  for (const output of graph.outputs) if (!known.has(output)) fail(`the output ${output} is not made in it.`);
}

/** The graph as text, one line a node, with a name, a type and the attributes of each. */
export function printGraph(graph: Graph): string {
  const names = new Map<Tensor, string>();
  const nameOf = (tensor: Tensor): string => names.get(tensor) ?? `?${tensor}`;
  const taken = new Set<string>();
  for (const [position, tensor] of graph.inputs.entries()) {
    const label = tensor.label ?? `input${position}`;
    const name = taken.has(label) ? `${label}.${position}` : label;
    taken.add(name);
    names.set(tensor, name);
  }
  const lines: string[] = [];
  for (const node of graph.nodes) {
    for (const output of node.outputs) names.set(output, `%${names.size - graph.inputs.length}`);
    const left = node.outputs.map((output) => `${nameOf(output)}: ${output}`).join(', ');
    const right = [node.primitive.name, ...node.inputs.map(nameOf)].join(' ');
    lines.push(`  ${left} = ${right}${printAttributes(node.attributes)}`);
  }
  const inputs = graph.inputs.map((tensor) => `${nameOf(tensor)}: ${tensor}`).join(', ');
  return [`graph(${inputs}) {`, ...lines, `  return ${graph.outputs.map(nameOf).join(', ')}`, '}'].join('\n');
}

function printAttributes(attributes: Attributes): string {
  const entries = Object.entries(attributes).filter(([, value]) => value !== undefined);
  if (entries.length === 0) return '';
  return ` {${entries.map(([name, value]) => `${name}: ${printAttribute(value)}`).join(', ')}}`;
}

function printAttribute(value: AttributeValue): string {
  if (value instanceof NdArray) {
    return value.size <= 6
      ? `${formatShape(value.shape)}(${value.toNumbers().join(', ')})`
      : `${value.dtype}${formatShape(value.shape)}`;
  }
  if (value instanceof Graph) return printGraph(value).replaceAll('\n', '\n  ');
  if (Array.isArray(value))
    return `[${value.map((item) => printAttribute(item as AttributeValue)).join(', ')}]`;
  return String(value);
}

/** What a rewrite says of a node: the tensors that stand in for its outputs, or undefined to keep it. */
export type NodeRewrite = (node: GraphNode, inputs: readonly Tensor[]) => readonly Tensor[] | undefined;

/** Builds the graph anew from its inputs, asking `rewrite` at each node what should stand there. */
export function rebuild(graph: Graph, rewrite: NodeRewrite, inputs: readonly Tensor[] = graph.inputs): Graph {
  const replaced = new Map<Tensor, Tensor>();
  for (const [position, tensor] of graph.inputs.entries()) replaced.set(tensor, inputs[position]!);
  const stand = (tensor: Tensor): Tensor => replaced.get(tensor) ?? tensor;
  for (const node of graph.nodes) {
    const nodeInputs = node.inputs.map(stand);
    const outputs =
      rewrite(node, nodeInputs) ??
      (nodeInputs.every((tensor, position) => tensor === node.inputs[position])
        ? node.outputs
        : apply(node.primitive, nodeInputs, node.attributes));
    for (const [position, output] of node.outputs.entries()) replaced.set(output, outputs[position]!);
  }
  return new Graph(inputs, graph.outputs.map(stand));
}

/** The same graph with open dimensions bound to sizes: `bindSizes(graph, new Map([['batch', 8]]))`. */
export function bindSizes(graph: Graph, sizes: ReadonlyMap<string, number>): Graph {
  if (sizes.size === 0) return graph;
  const bindShape = (shape: Shape): Shape => shape.map((dimension) => bindDimension(dimension, sizes));
  const inputs = graph.inputs.map(({ label, dtype, shape }) => input(label ?? '', dtype, bindShape(shape)));
  return rebuild(
    graph,
    (node, nodeInputs) => {
      const bound = Object.entries(node.attributes).map(([name, value]): [string, AttributeValue] => {
        if (value instanceof Graph) return [name, bindSizes(value, sizes)];
        return [name, name === 'shape' && Array.isArray(value) ? bindShape(value as Shape) : value];
      });
      return apply(node.primitive, nodeInputs, Object.fromEntries(bound));
    },
    inputs,
  );
}

/** Sizes of the open dimensions of `graph`, read off the shapes it is given. @throws TypeError when a shape does not fit */
export function sizesFrom(graph: Graph, shapes: readonly (readonly number[])[]): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const [position, tensor] of graph.inputs.entries()) {
    const shape = shapes[position];
    const name = tensor.label ?? `input ${position}`;
    const wrong = (): never => {
      throw new TypeError(
        `${name}: expected a shape of ${formatShape(tensor.shape)}, but got ${shape ? formatShape(shape) : 'nothing'}.`,
      );
    };
    if (!shape || shape.length !== tensor.shape.length) return wrong();
    for (const [axis, dimension] of tensor.shape.entries()) {
      const size = shape[axis]!;
      if (typeof dimension === 'number') {
        if (dimension !== size) wrong();
      } else if (sizes.has(dimension)) {
        if (sizes.get(dimension) !== size) wrong();
      } else sizes.set(dimension, size);
    }
  }
  return sizes;
}
