import { readdir, readFile, stat } from 'node:fs/promises';
import { isAbsolute, join, normalize } from 'node:path';
import type { NdArray } from '../graph/array.js';
import { currentFolder, replaceFolder, writeFileSynced } from './atomic.js';
import { type ModelConfig, parseModelConfig } from './config.js';
import { readSafetensors, writeSafetensors } from './safetensors.js';
import { checkSafetensorsFile } from './safetensorsFile.js';

/** What goes into a saved model. */
export interface ModelFolderContent {
  readonly config: ModelConfig;
  /** Parameters and state by name, such as `layers.0.weight`. */
  readonly tensors: ReadonlyMap<string, NdArray>;
  /** The model for inference, preprocessing included, as the bytes of an ONNX file. */
  readonly onnx: Uint8Array;
  /** More files by their path in the folder: the model card `README.md`, charts, a tokenizer. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
}

/** A saved model on the disk. What is large is read when asked for. */
export interface ModelFolder {
  readonly directory: string;
  readonly config: ModelConfig;
  /** Number of elements in all tensors. */
  readonly parameters: number;
  readonly onnxPath: string;
  readTensors(): Promise<Map<string, NdArray>>;
  readOnnx(): Promise<Uint8Array>;
}

const configName = 'config.json';
const tensorsName = 'model.safetensors';
const onnxName = join('onnx', 'model.onnx');

/**
 * Saves a model as a folder laid out as Hugging Face repositories are: `config.json`, `model.safetensors`,
 * `onnx/model.onnx`, and what else is given. An earlier model there is replaced as a whole, and stays whole until the new one is.
 * @throws Error when the folder holds something else than a saved model, or the disk is full
 */
export async function writeModelFolder(directory: string, content: ModelFolderContent): Promise<void> {
  await checkModelDestination(directory);
  const files = new Map<string, string | Uint8Array>();
  for (const [path, data] of Object.entries(content.files ?? {})) files.set(innerPath(path), data);
  files.set(tensorsName, writeSafetensors(content.tensors, { format: 'modelwright' }));
  files.set(onnxName, content.onnx);
  files.set(configName, `${JSON.stringify(content.config, null, 2)}\n`);
  await replaceFolder(directory, async (temporary) => {
    for (const [path, data] of files) await writeFileSynced(join(temporary, path), data);
  });
}

/**
 * Makes sure that a model may be saved in a folder: it is not there yet, or empty, or holds a saved model. Ask before a long
 * training.
 * @throws Error when the folder holds something else, which saving would delete
 */
export async function checkModelDestination(directory: string): Promise<void> {
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    if (error.code === 'ENOTDIR')
      throw new Error(`${directory} is a file: a model is saved as a folder. Choose another name.`);
    throw error;
  });
  if (names.length === 0) return;
  const isModel = await readConfigText(directory).then(
    (text) => /"modelwright"\s*:/.test(text),
    () => false,
  );
  if (!isModel) {
    throw new Error(
      `${directory} is not empty and holds no saved model: saving there would delete what it holds. Choose another folder.`,
    );
  }
}

/**
 * Opens a saved model: reads its configuration and checks that its files are there and whole.
 * @throws Error saying which file is missing, damaged, cut off, or of a newer version
 */
export async function readModelFolder(path: string): Promise<ModelFolder> {
  const directory = await currentFolder(path);
  const config = await readConfig(directory);
  const tensorsPath = join(directory, tensorsName);
  const onnxPath = join(directory, onnxName);
  for (const [path, name] of [
    [tensorsPath, tensorsName],
    [onnxPath, onnxName],
  ] as const) {
    const { size } = await stat(path).catch((cause: unknown) => {
      throw new Error(
        `${directory} is not a whole model: ${name} is missing. Save or copy the model again.`,
        { cause },
      );
    });
    if (size === 0) throw new Error(`${path} is empty. Save or copy the model again.`);
  }
  const { elements } = await checkSafetensorsFile(tensorsPath);
  return {
    directory,
    config,
    parameters: elements,
    onnxPath,
    readTensors: async () => readSafetensors(await readFile(tensorsPath), tensorsPath).tensors,
    readOnnx: () => readFile(onnxPath),
  };
}

async function readConfig(directory: string): Promise<ModelConfig> {
  const path = join(directory, configName);
  let text: string;
  try {
    text = await readConfigText(directory);
  } catch (cause) {
    const isThere = await stat(directory).then(
      () => true,
      () => false,
    );
    const reason = isThere ? `it has no ${configName}` : 'there is no such folder';
    throw new Error(`${directory} is not a saved model: ${reason}.`, { cause });
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new Error(`${path} is not valid JSON: it is damaged or cut off. Save or copy the model again.`, {
      cause,
    });
  }
  return parseModelConfig(json, path);
}

function readConfigText(directory: string): Promise<string> {
  return readFile(join(directory, configName), 'utf8');
}

/** @throws Error for a path that leads out of the folder */
function innerPath(path: string): string {
  const inner = normalize(path);
  if (isAbsolute(inner) || inner.startsWith('..')) {
    throw new Error(`writeModelFolder: '${path}' is not a path inside the model's folder.`);
  }
  return inner;
}
