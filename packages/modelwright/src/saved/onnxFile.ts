import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { checkAllocations } from '../importer/allocations.js';
import { readWholeOnnxFile } from '../importer/externalFiles.js';
import { decodeModel, type OnnxModel, type OnnxValue } from '../onnx/decode.js';
import { version } from '../version.js';
import { type ModelConfig, savedFormat, type TensorSpec } from './config.js';
import { writeModelFolder } from './folder.js';

/** The task of models of which nothing is known but their inputs and outputs. */
export const onnxTask = 'onnx';

/**
 * Saves an ONNX file that anybody made as a model's folder, to be run and served as it is; it is not converted, and cannot be trained
 * further (`importOnnx` can). Data that it keeps in other files of its folder is taken in.
 * @throws Error when the file is missing, cut off, asks for far more memory than a model needs, keeps data outside its folder, or has
 *   outputs that are no tensors
 */
export async function saveOnnxFile(path: string, directory: string): Promise<ModelConfig> {
  const where = basename(path);
  const { bytes, model } = await readWholeOnnxFile(path);
  checkAllocations(model, where);
  const config = configOf(model, where);
  await writeModelFolder(directory, {
    config,
    tensors: new Map(),
    onnx: bytes,
    files: { 'README.md': cardOf(config, model, where) },
  });
  return config;
}

/**
 * Makes sure that an ONNX file can be opened without harm: that it is whole, keeps no data elsewhere, is not nested without end, and does
 * not ask for far more memory than a model needs.
 * @throws Error saying what is wrong
 */
export async function checkOnnxFile(path: string): Promise<void> {
  const where = basename(path);
  checkAllocations(decodeModel(await readFile(path), where), where);
}

function configOf({ graph }: OnnxModel, where: string): ModelConfig {
  const { otherOutputs, initializers } = graph;
  if (otherOutputs.length > 0) {
    throw new Error(
      `${where} gives '${otherOutputs[0]}', which is no tensor but a list or a map. Export it without: skl2onnx, for instance, with zipmap=False.`,
    );
  }
  return {
    modelwright: { format: savedFormat, version },
    task: onnxTask,
    inputs: graph.inputs.filter(({ name }) => !initializers.has(name)).map(specOf),
    outputs: graph.outputs.map(specOf),
  };
}

/** Open dimensions without a name have one of their own, so that no two are the same by chance. */
function specOf({ name, dtype, shape }: OnnxValue): TensorSpec {
  return { name, dtype, shape: shape.map((size, axis) => (size === '?' ? `${name}_${axis}` : size)) };
}

function cardOf(
  { inputs, outputs }: ModelConfig,
  { producer, opsets, graph }: OnnxModel,
  where: string,
): string {
  const list = (specs: readonly TensorSpec[]): string =>
    specs.map(({ name, dtype, shape }) => `- \`${name}\` ${dtype} [${shape.join(', ')}]`).join('\n');
  const versions = Object.entries(opsets).map(([domain, number]) => `${domain || 'ai.onnx'} ${number}`);
  return `# ${where}

An ONNX file as it was given${producer === '' ? '' : `, made by ${producer}`}: ${graph.nodes.length} nodes, operators of ${versions.join(', ')}.

## Inputs

${list(inputs)}

## Outputs

${list(outputs)}
`;
}
