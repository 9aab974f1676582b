import { input, type Tensor, type TensorType } from '../graph/tensor.js';
import type { GraphConfig } from '../importer/graphConfig.js';
import type { Variables } from '../nn/context.js';
import { isLayer, type Layer } from '../nn/layer.js';
import { cast, mul } from '../primitives/index.js';
import { type BatchTypes, inputNamesOf } from './step.js';

/**
 * What a model is given of a batch: bytes are taken as pictures and scaled to 0 .. 1, unless the model begins with a
 * preprocessing of its own. The same rule holds in training, in prediction and in the saved graph.
 */
export function modelInput(model: Layer, inputs: readonly Tensor[]): Tensor[] {
  if (preprocesses(model)) return [...inputs];
  return inputs.map((tensor) => (tensor.dtype === 'uint8' ? mul(cast(tensor, 'float32'), 1 / 255) : tensor));
}

function preprocesses(model: Layer): boolean {
  if (model.type === 'imagePreprocessing') return true;
  if (model.type === 'onnxGraph') return (model.config as GraphConfig).inputs[0]?.dtype === 'uint8';
  const { layers } = model.config as { layers?: readonly unknown[] };
  const first = layers?.[0];
  return isLayer(first) && preprocesses(first);
}

/** What a model is given, by type, of batches of these types. */
export function modelInputTypes(model: Layer, types: BatchTypes): TensorType[] {
  const inputs = inputNamesOf(types).map((name) => input(name, types[name]!.dtype, types[name]!.shape));
  return modelInput(model, inputs).map(({ dtype, shape }) => ({ dtype, shape }));
}

/** Fresh variables for a model that is to be trained on batches of these types. */
export function initialVariables(model: Layer, types: BatchTypes, seed: number): Variables {
  return model.init(modelInputTypes(model, types), seed);
}
