import { basename } from 'node:path';
import { decodeModel } from '../onnx/decode.js';
import { readOnnxFile } from './externalFiles.js';
import { type ImportedModel, type ImportOptions, importModel } from './importModel.js';

/**
 * Opens an ONNX file as a model that can be trained further, put into other models, and saved again.
 *
 *     const { model, variables } = await importOnnx('resnet.onnx');
 *     await fit(model, data, { variables, loss: crossEntropy, optimizer: adam(1e-4) });
 *
 * Half precision is held as single. Parameters are named as in the file.
 * @param source path of a file, or the bytes of one
 * @throws OnnxImportError naming every node whose operator, or use of it, is not taken
 * @throws Error when the file is missing, cut off, or no ONNX file; or keeps data outside its folder
 */
export async function importOnnx(
  source: string | Uint8Array,
  options: ImportOptions = {},
): Promise<ImportedModel> {
  const isPath = typeof source === 'string';
  const name = options.name ?? (isPath ? basename(source) : 'The ONNX file');
  const file = isPath ? await readOnnxFile(source) : decodeModel(source, name);
  return importModel(file, { ...options, name });
}
