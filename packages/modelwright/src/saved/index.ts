export { writeFileAtomic } from './atomic.js';
export {
  type JsonObject,
  type ModelConfig,
  parseModelConfig,
  savedFormat,
  type TensorSpec,
} from './config.js';
export {
  checkModelDestination,
  type ModelFolder,
  type ModelFolderContent,
  readModelFolder,
  writeModelFolder,
} from './folder.js';
export { checkOnnxFile, onnxTask, saveOnnxFile } from './onnxFile.js';
export {
  checkInputs,
  InvalidInputError,
  type OpenModelOptions,
  openModel,
  type RunnableModel,
  warmUp,
} from './openModel.js';
export { readSafetensors, type Safetensors, writeSafetensors } from './safetensors.js';
export { limitedRuntime, tryModel } from './trial.js';
