// Rewrites of loops: those that share a body become one, results nobody reads are left out, bodies are simplified.
import { Graph, rebuild } from '../graph/graph.js';
import { apply, type GraphNode, type Tensor } from '../graph/tensor.js';
import { type ScanAttributes, scanPrimitive } from '../primitives/scan.js';

const isScan = (node: GraphNode): node is GraphNode<ScanAttributes> =>
  node.primitive.name === scanPrimitive.name;

/**
 * A loop and the one that its gradient runs again, to save more of what it computes, become one: they have the same inputs and
 * bodies over the same tensors.
 */
export function mergeScans(graph: Graph): Graph {
  const groups: GraphNode<ScanAttributes>[][] = [];
  for (const node of graph.nodes.filter(isScan)) {
    const group = groups.find(([first]) => isSameLoop(first!, node));
    if (group) group.push(node);
    else groups.push([node]);
  }
  const bodies = new Map<GraphNode, Graph>();
  for (const group of groups.filter(({ length }) => length > 1)) {
    const { body, carries } = group[0]!.attributes;
    const given = new Set(group.flatMap(({ attributes }) => attributes.body.outputs.slice(carries)));
    const union = new Graph(body.inputs, [...body.outputs.slice(0, carries), ...given]);
    for (const node of group) bodies.set(node as GraphNode, union);
  }
  const made = new Map<Graph, readonly Tensor[]>();
  return rebuild(graph, (node, inputs) => {
    const union = bodies.get(node);
    if (!union) return undefined;
    let outputs = made.get(union);
    if (!outputs) {
      outputs = apply(scanPrimitive, inputs, {
        ...(node as GraphNode<ScanAttributes>).attributes,
        body: union,
      });
      made.set(union, outputs);
    }
    const { body, carries } = (node as GraphNode<ScanAttributes>).attributes;
    return body.outputs.map(
      (tensor, i) => outputs[i < carries ? i : union.outputs.indexOf(tensor, carries)]!,
    );
  });
}

function isSameLoop(a: GraphNode<ScanAttributes>, b: GraphNode<ScanAttributes>): boolean {
  const [one, other] = [a.attributes, b.attributes];
  return (
    one.reverse === other.reverse &&
    one.carries === other.carries &&
    one.scanned === other.scanned &&
    one.body.inputs === other.body.inputs &&
    a.inputs.every((tensor, i) => tensor === b.inputs[i]) &&
    one.body.outputs.slice(0, one.carries).every((tensor, i) => tensor === other.body.outputs[i])
  );
}

/** Leaves out what a loop gives out at each step and nobody reads, and inputs that its body does not read. */
export function pruneScans(graph: Graph): Graph {
  const read = new Set<Tensor>([...graph.outputs, ...graph.nodes.flatMap(({ inputs }) => inputs)]);
  return rebuild(graph, (node, inputs) => {
    if (!isScan(node)) return undefined;
    const { body, carries, scanned, reverse } = node.attributes;
    const kept = node.outputs.flatMap((output, i) => (i < carries || read.has(output) ? [i] : []));
    const outputs = kept.map((i) => body.outputs[i]!);
    const used = new Set<Tensor>([
      ...outputs,
      ...new Graph(body.inputs, outputs).nodes.flatMap((each) => each.inputs),
    ]);
    const isScanned = (i: number): boolean => i >= carries && i < carries + scanned;
    const usedSteps = body.inputs.filter((tensor, i) => isScanned(i) && used.has(tensor)).length;
    // One scanned input stays, whether it is read or not: it says how many steps there are.
    const stays = (i: number): boolean =>
      i < carries || used.has(body.inputs[i]!) || (usedSteps === 0 && i === carries);
    const keptInputs = inputs.flatMap((_, i) => (stays(i) ? [i] : []));
    if (kept.length === node.outputs.length && keptInputs.length === inputs.length) return undefined;
    const slim = new Graph(
      keptInputs.map((i) => body.inputs[i]!),
      outputs,
    );
    const results = apply(
      scanPrimitive,
      keptInputs.map((i) => inputs[i]!),
      {
        body: slim,
        carries,
        scanned: Math.max(1, usedSteps),
        reverse,
      },
    );
    return node.outputs.map((output, i) => (kept.includes(i) ? results[kept.indexOf(i)]! : output));
  });
}

/** Bodies simplified as graphs of their own. */
export function simplifyBodies(graph: Graph, simplifyBody: (body: Graph) => Graph): Graph {
  return rebuild(graph, (node, inputs) => {
    if (!isScan(node)) return undefined;
    const body = simplifyBody(node.attributes.body);
    return body === node.attributes.body
      ? undefined
      : apply(scanPrimitive, inputs, { ...node.attributes, body });
  });
}
