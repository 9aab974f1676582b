import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NdArray } from '../../graph/array.js';
import { Graph } from '../../graph/graph.js';
import { input } from '../../graph/tensor.js';
import { encodeModel } from '../../onnx/encode.js';
import { div, gather, matmulTransposed, maximum, norm } from '../../primitives/index.js';
import type { ModelConfig } from '../../saved/config.js';
import { readModelFolder, writeModelFolder } from '../../saved/folder.js';
import { version } from '../../version.js';
import { Vocabulary } from './vocabulary.js';
import { WordVectors } from './wordVectors.js';

const taskName = 'word-embeddings';
const tensorName = 'embeddings.weight';
const vocabularyName = 'vocabulary.tsv';

/** What a folder of word vectors says beyond the vectors. */
export interface WordVectorFolderInfo {
  /** How they came to be. */
  readonly training?: ModelConfig['training'];
  /** How text was split into words. */
  readonly preprocessing?: ModelConfig['preprocessing'];
  /** The model card, made from the configuration of the model. */
  readonly card?: (config: ModelConfig) => string;
}

/**
 * Saves word vectors as a model's folder: `config.json`, `model.safetensors`, `vocabulary.tsv` (a word and its count a line, in the order of
 * the vectors), and `onnx/model.onnx`, which takes positions of words, int32 [batch], and gives `vectors` [batch, dimensions] and
 * `similarities` [batch, words], the cosines with all words.
 * @throws Error when the folder holds something else than a saved model
 */
export async function saveWordVectors(
  vectors: WordVectors,
  directory: string,
  info: WordVectorFolderInfo = {},
): Promise<void> {
  const config: ModelConfig = {
    modelwright: { format: 1, version },
    task: taskName,
    inputs: [{ name: 'words', dtype: 'int32', shape: ['batch'] }],
    outputs: [
      { name: 'vectors', dtype: 'float32', shape: ['batch', vectors.dimensions] },
      { name: 'similarities', dtype: 'float32', shape: ['batch', vectors.size] },
    ],
    ...(info.preprocessing && { preprocessing: info.preprocessing }),
    ...(info.training && { training: info.training }),
  };
  const { words, counts } = vectors.vocabulary;
  await writeModelFolder(directory, {
    config,
    tensors: new Map([[tensorName, vectors.vectors]]),
    onnx: onnxOf(vectors.vectors),
    files: {
      [vocabularyName]: words.map((word, position) => `${word}\t${counts[position]}\n`).join(''),
      ...(info.card && { 'README.md': info.card(config) }),
    },
  });
}

/**
 * Opens saved word vectors.
 * @throws Error when the folder is not a saved model of word vectors, or one of its files is missing or damaged
 */
export async function loadWordVectors(directory: string): Promise<WordVectors> {
  const folder = await readModelFolder(directory);
  if (folder.config.task !== taskName)
    throw new Error(`${directory} is a model for ${folder.config.task}, not for ${taskName}.`);
  const table = (await folder.readTensors()).get(tensorName);
  if (table?.dtype !== 'float32')
    throw new Error(`${directory}: model.safetensors holds no float32 '${tensorName}'.`);
  return new WordVectors(
    await readVocabulary(join(folder.directory, vocabularyName)),
    table as NdArray<'float32'>,
  );
}

async function readVocabulary(path: string): Promise<Vocabulary> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new Error(
      `${path} cannot be read: the words of the vectors are not known. Save or copy the model again.`,
      { cause },
    );
  });
  const rows = text
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'));
  const wrong = rows.findIndex(([word, count]) => !word || !/^\d+$/.test(count ?? ''));
  if (wrong >= 0) throw new Error(`${path}, line ${wrong + 1}: there should be a word, a tab and a count.`);
  return new Vocabulary(
    rows.map(([word]) => word!),
    rows.map(([, count]) => Number(count)),
  );
}

function onnxOf(vectors: NdArray<'float32'>): Uint8Array {
  const table = input(tensorName, 'float32', vectors.shape);
  const words = input('words', 'int32', ['batch']);
  const unit = div(table, maximum(norm(table, 1, true), 1e-12));
  const graph = new Graph(
    [table, words],
    [gather(table, words), matmulTransposed(gather(unit, words), unit)],
  );
  return encodeModel(graph, {
    name: taskName,
    outputNames: ['vectors', 'similarities'],
    initializers: new Map([[table, { name: tensorName, value: vectors }]]),
    metadata: { modelwright: version },
  });
}
