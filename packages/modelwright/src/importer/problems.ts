import type { NodeConfig } from './graphConfig.js';

/** What stands in the way of taking one node of an ONNX file. */
export interface NodeProblem {
  /** The node's name, or that of its first output where it has none. */
  readonly node: string;
  readonly operator: string;
  readonly problem: string;
}

/** An ONNX file that cannot be taken as a model, and everything in it that stands in the way. */
export class OnnxImportError extends Error {
  override readonly name = 'OnnxImportError';
  readonly problems: readonly NodeProblem[];

  constructor(where: string, problems: readonly NodeProblem[]) {
    const count = problems.length === 1 ? 'one node' : `${problems.length} nodes`;
    const lines = problems.map(({ node, operator, problem }) => `  ${operator} '${node}': ${problem}`);
    super(`${where} cannot be taken as a model because of ${count}:\n${lines.join('\n')}`);
    this.problems = problems;
  }
}

/** A problem of a node. */
export function problemOf({ name, operator, domain, outputs }: NodeConfig, problem: string): NodeProblem {
  return {
    node: name || outputs.find((output) => output !== '') || '?',
    operator: domain === '' ? operator : `${domain}.${operator}`,
    problem,
  };
}
