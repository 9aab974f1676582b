// For tests: runs a saved model's ONNX file in a browser's page, in plain onnxruntime-web.

import { NdArray } from '../graph/array.js';
import { typedArrayOf } from '../graph/dtype.js';
import { configureWeb, ortWasm } from '../runtime/ortWeb.js';

export interface SavedRun {
  /** The file, in base64. */
  readonly model: string;
  /** One uint8 input each run. */
  readonly inputs: readonly { readonly shape: readonly number[]; readonly data: readonly number[] }[];
}

export default async function main({ model, inputs }: SavedRun): Promise<number[][]> {
  configureWeb({ wasmPaths: '/ort/' });
  const bytes = Uint8Array.from(atob(model), (character) => character.charCodeAt(0));
  const executable = await ortWasm.open(bytes);
  const results: number[][] = [];
  for (const { shape, data } of inputs) {
    const [output] = await executable.run([
      new NdArray('uint8', shape, new (typedArrayOf('uint8'))(Uint8Array.from(data).buffer)),
    ]);
    results.push(output!.toNumbers());
  }
  return results;
}
