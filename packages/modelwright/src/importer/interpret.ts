// Says the nodes of an imported graph in primitives, one after another.
import type { Tensor } from '../graph/tensor.js';
import type { GraphConfig, NodeConfig } from './graphConfig.js';
import { NodeCall, requireModest, type Scope } from './nodeCall.js';
import { findOperator } from './operators/index.js';
import { type NodeProblem, OnnxImportError, problemOf } from './problems.js';
import { fold, Sizes, type Value } from './values.js';

/** Versions of the standard operators that are taken. */
export const opsets = { oldest: 7, newest: 28 } as const;

/** The nodes whose operators are not known. */
export function unknownOperators(nodes: readonly NodeConfig[]): NodeProblem[] {
  return nodes
    .filter(({ domain, operator }) => !findOperator(domain, operator))
    .map((node) => problemOf(node, 'this operator is not supported'));
}

/**
 * The values of all outputs, given those of inputs, parameters and constants.
 * @throws OnnxImportError naming every node that cannot be said
 */
export function interpret(
  { nodes, opsets: versions, outputs }: Pick<GraphConfig, 'nodes' | 'opsets' | 'outputs'>,
  given: ReadonlyMap<string, Value>,
  scope: Scope,
  where: string,
): Tensor[] {
  const values = new Map(given);
  const failed = new Set<string>();
  const problems: NodeProblem[] = [];
  const versionOf = new Map(versions.map(({ domain, version }) => [domain, version]));
  for (const node of nodes) {
    const broken = node.inputs.some((name) => failed.has(name));
    try {
      if (broken) throw undefined;
      const results = convert(node, values, versionOf.get(node.domain) ?? 1, scope);
      for (const [position, name] of node.outputs.entries()) {
        const value = results[position];
        if (name === '') continue;
        if (value === undefined) throw new Error(`its output ${position} is not supported`);
        values.set(name, value);
        if (!(value instanceof Sizes)) scope.dimensions.note(value);
      }
    } catch (error) {
      if (error instanceof Error) problems.push(problemOf(node, error.message));
      for (const name of node.outputs) failed.add(name);
    }
  }
  if (problems.length > 0) throw new OnnxImportError(where, problems);
  return outputs.map((name) => {
    const value = values.get(name);
    if (value === undefined) throw new Error(`${where}: nothing makes its output '${name}'.`);
    return scope.dimensions.tensorOf(value);
  });
}

function convert(
  node: NodeConfig,
  values: ReadonlyMap<string, Value>,
  version: number,
  scope: Scope,
): readonly (Value | undefined)[] {
  const operator = findOperator(node.domain, node.operator);
  if (!operator) throw new Error('this operator is not supported');
  const inputs = node.inputs.map((name) => {
    if (name === '') return undefined;
    const value = values.get(name);
    if (value === undefined) throw new Error(`nothing makes its input '${name}'`);
    return value;
  });
  const result = operator.convert(new NodeCall(node, inputs, version, scope));
  const results = Array.isArray(result) ? (result as readonly (Value | undefined)[]) : [result as Value];
  return results.map((value) => {
    if (value === undefined || value instanceof Sizes) return value;
    requireModest(value.shape, 'its output');
    return fold(value);
  });
}
