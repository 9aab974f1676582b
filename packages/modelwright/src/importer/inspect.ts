import type { OnnxModel } from '../onnx/decode.js';
import { readOnnxFile } from './externalFiles.js';
import { type ImportedModel, type ImportOptions, importModel, parameterCount } from './importModel.js';
import { findOperator } from './operators/index.js';
import { type NodeProblem, OnnxImportError } from './problems.js';

/** How often a file uses an operator, and whether it is one that is taken. */
export interface OperatorUse {
  readonly operator: string;
  readonly domain: string;
  readonly count: number;
  readonly supported: boolean;
}

/** What an ONNX file is, and whether it can be taken as a model. */
export interface OnnxInspection extends Pick<OnnxModel, 'producer' | 'opsets'> {
  readonly inputs: OnnxModel['graph']['inputs'];
  readonly outputs: OnnxModel['graph']['outputs'];
  readonly nodes: number;
  readonly operators: readonly OperatorUse[];
  /** Numbers that training would change; undefined where the file cannot be taken. */
  readonly parameters: number | undefined;
  /** Empty where it can be taken. */
  readonly problems: readonly NodeProblem[];
  /** Why it cannot be taken, where no single node is to blame. */
  readonly reason: string | undefined;
}

/**
 * Says what an ONNX file holds, and which of its operators are taken.
 * @throws Error when it is missing, cut off, or no ONNX file
 */
export async function inspectOnnx(path: string, options: ImportOptions = {}): Promise<OnnxInspection> {
  const file = await readOnnxFile(path);
  const { inputs, outputs, nodes, initializers } = file.graph;
  const counts = new Map<string, { operator: string; domain: string; count: number }>();
  for (const { operator, domain } of nodes) {
    const entry = counts.get(`${domain}:${operator}`) ?? { operator, domain, count: 0 };
    entry.count += 1;
    counts.set(`${domain}:${operator}`, entry);
  }
  return {
    producer: file.producer,
    opsets: file.opsets,
    inputs: inputs.filter(({ name }) => !initializers.has(name)),
    outputs,
    nodes: nodes.length,
    operators: [...counts.values()]
      .map((entry) => ({
        ...entry,
        supported: findOperator(entry.domain === 'ai.onnx' ? '' : entry.domain, entry.operator) !== undefined,
      }))
      .sort((a, b) => (a.operator < b.operator ? -1 : 1)),
    ...outcome(() => importModel(file, options)),
  };
}

function outcome(take: () => ImportedModel): Pick<OnnxInspection, 'parameters' | 'problems' | 'reason'> {
  try {
    return { parameters: parameterCount(take().variables), problems: [], reason: undefined };
  } catch (error) {
    const problems = error instanceof OnnxImportError ? error.problems : [];
    return {
      parameters: undefined,
      problems,
      reason: problems.length > 0 ? undefined : (error as Error).message,
    };
  }
}
