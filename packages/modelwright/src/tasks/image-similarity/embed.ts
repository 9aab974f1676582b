import type { Dataset } from '../../data/dataset.js';
import { NdArray } from '../../graph/array.js';
import type { Tensor } from '../../graph/tensor.js';
import type { TensorTree, Variables } from '../../nn/context.js';
import type { Layer } from '../../nn/layer.js';
import { type Compiled, compile } from '../../runtime/compile.js';
import { modelInput } from '../../train/modelInput.js';

/** Pictures in one run. */
const batchSize = 64;

/** Embeddings of labelled pictures. */
export interface LabelledEmbeddings {
  /** float32 [pictures, dimensions] */
  readonly embeddings: NdArray<'float32'>;
  /** Class of each picture. */
  readonly labels: readonly number[];
}

/** A network that makes embeddings, compiled to be called with changing parameters. */
export class Embedder {
  readonly #run: Compiled<[TensorTree, TensorTree, Tensor]>;

  constructor(network: Layer) {
    this.#run = compile((parameters: TensorTree, state: TensorTree, pictures: Tensor) =>
      network.apply(parameters, modelInput(network, [pictures]), { state }),
    );
  }

  /** @param data examples `{ input: uint8 [channels, height, width], target }` */
  async embed({ parameters, state }: Variables, data: Dataset): Promise<LabelledEmbeddings> {
    const parts: NdArray[] = [];
    const labels: number[] = [];
    for await (const { input, target } of data.batch(batchSize)) {
      parts.push((await this.#run(parameters, state, input!)) as NdArray);
      labels.push(...target!.toNumbers());
    }
    return { embeddings: joinRows(parts), labels };
  }

  release(): Promise<void> {
    return this.#run.release();
  }
}

/** The rows of several float32 arrays [rows, width], one below another. */
export function joinRows(parts: readonly NdArray[]): NdArray<'float32'> {
  const rows = parts.reduce((sum, { shape }) => sum + shape[0]!, 0);
  const joined = new NdArray('float32', [rows, parts[0]?.shape[1] ?? 0]);
  let at = 0;
  for (const part of parts) {
    joined.data.set(part.data as Float32Array, at);
    at += part.size;
  }
  return joined;
}
