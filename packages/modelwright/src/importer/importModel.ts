import { NdArray } from '../graph/array.js';
import { isFloat } from '../graph/dtype.js';
import { Graph } from '../graph/graph.js';
import type { Dimension } from '../graph/shape.js';
import { input, type TensorType } from '../graph/tensor.js';
import { entries, map } from '../graph/tree.js';
import { type ArrayTree, Context, type TensorTree, type Variables } from '../nn/context.js';
import type { Layer } from '../nn/layer.js';
import { type NamePattern, nameMatcher } from '../nn/names.js';
import type { OnnxModel } from '../onnx/decode.js';
import { constant } from '../primitives/index.js';
import { type Content, foldBatchNorms } from './batchNormFolding.js';
import {
  arrayToConfig,
  type GraphConfig,
  type GraphInput,
  type NodeConfig,
  nodeToConfig,
} from './graphConfig.js';
import { opsets, unknownOperators } from './interpret.js';
import { callGraph, onnxGraph } from './onnxGraph.js';
import { type NodeProblem, OnnxImportError, problemOf } from './problems.js';
import { heldArray, heldDtype, singlePrecision } from './values.js';
import { classify, variableConfig } from './variables.js';

export interface ImportOptions {
  /** Names of the values to give, outputs or any other value in the graph; a layer gives the first. Default: all outputs. */
  readonly outputs?: string | readonly string[];
  /** Sizes for open dimensions, by name: `{ sequence: 128 }`. Those not named stay open. */
  readonly sizes?: Readonly<Record<string, number>>;
  /** Initializers that are not trained, though they look like parameters. Default: none. */
  readonly constants?: NamePattern;
  /** Whether BatchNormalization behind convolutions is merged into them. Default: false. */
  readonly foldBatchNorm?: boolean;
  /**
   * What BatchNormalization does in training: normalise with a 'batch' of its own, moving the running statistics, or 'fixed' with
   * the running ones. Default: 'batch'.
   */
  readonly batchNorm?: 'batch' | 'fixed';
  /** How messages name the file. */
  readonly name?: string;
}

/** What an imported model gives. */
export interface ImportedOutput extends TensorType {
  readonly name: string;
}

/** An ONNX file as a model. */
export interface ImportedModel {
  /** A layer for `fit` and for other models; it gives the first output. */
  readonly model: Layer;
  /** Its parameters and running statistics, named as in the file. */
  readonly variables: Variables;
  readonly inputs: readonly GraphInput[];
  readonly outputs: readonly ImportedOutput[];
  /** The whole computation with all outputs, the variables constants of it. */
  graph(): Graph;
}

/**
 * Takes a decoded ONNX file as a model.
 * @throws OnnxImportError naming every node that cannot be taken
 * @throws Error for versions, inputs or outputs that cannot be
 */
export function importModel(file: OnnxModel, options: ImportOptions = {}): ImportedModel {
  const { name: where = 'The ONNX file', sizes = {}, batchNorm = 'batch' } = options;
  requireVersion(file, where);
  const { content, outputs, problems } = contentOf(file, options, where);
  const unknown = unknownOperators(content.nodes);
  if (unknown.length + problems.length > 0) throw new OnnxImportError(where, [...unknown, ...problems]);
  const { nodes, initializers } = options.foldBatchNorm ? foldBatchNorms(content, outputs) : content;
  const inputs = inputsOf(file, nodes, initializers, outputs, sizes);
  const kinds = classify(nodes, initializers, nameMatcher(options.constants ?? []));
  const pick = (kind: string): [string, NdArray][] =>
    [...kinds].flatMap(([name, found]) => (found.kind === kind ? [[name, initializers.get(name)!]] : []));
  const [parameters, state] = [pick('parameter'), pick('state')];
  const unread = outputs.filter((name) => initializers.has(name) && !kinds.has(name));
  const config: GraphConfig = {
    opsets: Object.entries(file.opsets).map(([domain, version]) => ({
      domain: domain === 'ai.onnx' ? '' : domain,
      version,
    })),
    inputs,
    outputs,
    nodes,
    parameters: parameters.map(([name, array]) => variableConfig(name, array, kinds.get(name)!.start)),
    state: state.map(([name, array]) => variableConfig(name, array, kinds.get(name)!.start)),
    constants: [
      ...pick('constant'),
      ...unread.map((name): [string, NdArray] => [name, initializers.get(name)!]),
    ].map(([name, array]) => ({ name, value: arrayToConfig(heldArray(array)) })),
    trainsBatchNorm: batchNorm === 'batch',
  };
  const held = (list: readonly [string, NdArray][]): ArrayTree =>
    Object.fromEntries(list.map(([name, array]) => [name, singlePrecision(array)]));
  const variables = { parameters: held(parameters), state: held(state) };
  const graph = traceWhole(config, variables, where);
  return {
    model: onnxGraph(config),
    variables,
    inputs,
    outputs: graph.outputs.map(({ dtype, shape }, i) => ({ name: outputs[i]!, dtype, shape })),
    graph: () => graph,
  };
}

/** The whole graph with the variables as constants: also the proof that every node can be said. */
function traceWhole(config: GraphConfig, variables: Variables, where: string): Graph {
  const inputs = config.inputs.map(({ name, dtype, shape }) => input(name, dtype, shape));
  const constants = (tree: ArrayTree): TensorTree =>
    map<NdArray, unknown>((array) => constant(array as NdArray), tree as never) as TensorTree;
  const context = Context.using(constants(variables.parameters), constants(variables.state));
  return new Graph(inputs, callGraph(context, config, inputs, where));
}

function requireVersion({ opsets: versions }: OnnxModel, where: string): void {
  const version = versions[''] ?? versions['ai.onnx'] ?? 0;
  if (version === 0 && Object.keys(versions).length > 0 && !('' in versions)) return;
  if (version >= opsets.oldest && version <= opsets.newest) return;
  throw new Error(
    `${where} is written with version ${version} of the ONNX operators; versions ${opsets.oldest} to ${opsets.newest} are read. Export it again with another opset version.`,
  );
}

/** The nodes that the wanted outputs need, and what is wrong with them as they stand. */
function contentOf({ graph }: OnnxModel, options: ImportOptions, where: string) {
  const known = [...graph.outputs.map(({ name }) => name), ...graph.otherOutputs];
  const outputs = options.outputs === undefined ? known : [options.outputs].flat();
  const read = graph.nodes.map(nodeToConfig);
  const made = new Set(read.flatMap(({ node }) => node.outputs));
  const given = new Set([...graph.inputs.map(({ name }) => name), ...graph.initializers.keys()]);
  for (const name of outputs) {
    if (made.has(name) || given.has(name)) continue;
    throw new Error(`${where} has no value called '${name}'. Its outputs are ${known.join(', ')}.`);
  }
  if (outputs.length === 0) throw new Error(`${where} has no outputs.`);
  const needed = new Set(outputs);
  const kept = read
    .toReversed()
    .filter(({ node }) => {
      if (!node.outputs.some((name) => needed.has(name))) return false;
      for (const name of node.inputs) needed.add(name);
      return true;
    })
    .reverse();
  const initializers = new Map(graph.initializers);
  for (const name of initializers.keys()) if (name === '__proto__' || name === '') initializers.delete(name);
  const nodes = kept.map(({ node }) => withCoefficients(node, initializers));
  const problems: NodeProblem[] = kept.flatMap(({ node, problems }) =>
    problems.map((problem) => problemOf(node, problem)),
  );
  const content: Content = { nodes, initializers };
  return { content, outputs, problems };
}

/** Linear models of ai.onnx.ml hold their coefficients as attributes; as initializers they can be trained. */
function withCoefficients(node: NodeConfig, initializers: Map<string, NdArray>): NodeConfig {
  if (node.domain !== 'ai.onnx.ml' || !node.operator.startsWith('Linear')) return node;
  const list = (name: string): number[] => {
    const value = node.attributes.find((attribute) => attribute.name === name)?.value;
    return Array.isArray(value) ? value.map(Number) : [];
  };
  const [coefficients, intercepts] = [list('coefficients'), list('intercepts')];
  const targets = Number(node.attributes.find(({ name }) => name === 'targets')?.value ?? 1);
  const rows = node.operator === 'LinearRegressor' ? targets : Math.max(1, intercepts.length);
  const owner = node.name || node.outputs[0]!;
  const columns = coefficients.length / rows;
  if (!Number.isInteger(columns)) return node;
  const names = [`${owner}.coefficients`, `${owner}.intercepts`];
  initializers.set(names[0]!, NdArray.of('float32', [rows, columns], coefficients));
  if (intercepts.length > 0)
    initializers.set(names[1]!, NdArray.of('float32', [intercepts.length], intercepts));
  const gone = ['coefficients', 'intercepts'];
  return {
    ...node,
    inputs: [node.inputs[0]!, ...names.slice(0, intercepts.length > 0 ? 2 : 1)],
    attributes: node.attributes.filter(({ name }) => !gone.includes(name)),
  };
}

/** The inputs that nodes or outputs read, their open dimensions named so that no two differ by chance. */
function inputsOf(
  { graph }: OnnxModel,
  nodes: readonly NodeConfig[],
  initializers: ReadonlyMap<string, NdArray>,
  outputs: readonly string[],
  sizes: Readonly<Record<string, number>>,
): GraphInput[] {
  const read = new Set([...nodes.flatMap(({ inputs }) => inputs), ...outputs]);
  return graph.inputs
    .filter(({ name }) => !initializers.has(name) && read.has(name))
    .map(({ name, dtype, shape }) => ({
      name,
      dtype: isFloat(dtype) ? heldDtype(dtype) : dtype,
      shape: shape.map((size, axis): Dimension => {
        if (typeof size === 'number') return size;
        const plain = size === '?' ? `${name}_${axis}` : size;
        return Object.hasOwn(sizes, plain) ? sizes[plain]! : plain.replace(/[^\w]|^(?=\d)/g, '_');
      }),
    }));
}

/** How many numbers a model holds. */
export function parameterCount({ parameters }: Variables): number {
  return entries<NdArray>(parameters).reduce((total, [, { size }]) => total + size, 0);
}
