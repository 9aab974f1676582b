// For tests: a small model, saved.
import { NdArray } from '../graph/array.js';
import { Graph } from '../graph/graph.js';
import { input } from '../graph/tensor.js';
import { encodeModel } from '../onnx/encode.js';
import { constant } from '../primitives/index.js';
import type { ModelFolderContent } from './folder.js';

/** A model that gives `scale` times its input: `x` float32 `[batch, 2]` to `y` float32 `[batch, 2]`. */
export function scalingModel(scale: number): ModelFolderContent {
  const x = input('x', 'float32', ['batch', 2]);
  const factor = NdArray.from([scale, scale]);
  return {
    config: {
      modelwright: { format: 1, version: '0.1.0' },
      task: 'scaling',
      inputs: [{ name: 'x', dtype: 'float32', shape: ['batch', 2] }],
      outputs: [{ name: 'y', dtype: 'float32', shape: ['batch', 2] }],
    },
    tensors: new Map([['factor', factor]]),
    onnx: encodeModel(new Graph([x], [x.mul(constant(factor))]), { outputNames: ['y'] }),
    files: { 'README.md': '# Scaling\n' },
  };
}
