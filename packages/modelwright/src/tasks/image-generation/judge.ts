import type { Dataset } from '../../data/dataset.js';
import { NdArray } from '../../graph/array.js';
import { Random } from '../../graph/random.js';
import type { Tensor } from '../../graph/tensor.js';
import type { TensorTree } from '../../nn/context.js';
import type { Layer } from '../../nn/layer.js';
import { sequential } from '../../nn/layers/sequential.js';
import { type Compiled, compile } from '../../runtime/compile.js';
import { modelInput } from '../../train/modelInput.js';
import type { TrainedModel } from '../../train/trained.js';
import { frechetDistance, type Gaussian, gaussianOf } from './frechet.js';
import { rowBatches } from './samples.js';

/** What a classifier says of some pictures. */
interface Judgement {
  /** What its layer before the last gives, [pictures, features]. */
  readonly features: NdArray;
  /** The likeliest class of each. */
  readonly classes: readonly number[];
}

/** Pictures in one run. */
const batchSize = 100;

/**
 * Measures pictures by a classifier of pictures of their kind: by the distance between its features of these and of real ones, and by the
 * classes it sees.
 */
export class Judge {
  readonly #trained: TrainedModel;
  readonly #run: Compiled<[TensorTree, TensorTree, Tensor]>;
  #real: Gaussian | undefined;

  /** @throws Error when it is no classifier of such pictures, layer by layer */
  constructor(trained: TrainedModel, like: { readonly channels: number; readonly size: number }) {
    const { layers } = trained.model.config as { readonly layers?: readonly Layer[] };
    const shape = trained.batchTypes.input?.shape ?? [];
    if (
      trained.model.type !== 'sequential' ||
      !layers ||
      layers.length < 2 ||
      trained.loss.name !== 'crossEntropy'
    ) {
      throw new Error(
        'Only a classifier of layers in a sequence can judge pictures, such as digits-cnn or small-cnn.',
      );
    }
    if (shape[1] !== like.channels || shape[2] !== like.size || shape[3] !== like.size) {
      throw new Error(
        `The classifier takes pictures [${shape.slice(1).join(', ')}], but those to be made are [${like.channels}, ${like.size}, ${like.size}].`,
      );
    }
    this.#trained = trained;
    const [trunk, head] = [sequential(...layers.slice(0, -1)), layers.at(-1)!];
    const last = String(layers.length - 1);
    this.#run = compile((parameters: TensorTree, state: TensorTree, pictures: Tensor) => {
      const features = trunk.apply(parameters, modelInput(trained.model, [pictures]), { state });
      return { features, logits: head.apply((parameters[last] ?? {}) as TensorTree, features) };
    });
  }

  get classNames(): readonly string[] | undefined {
    return this.#trained.classNames;
  }

  /** Takes note of the real pictures that others are compared with. @param count the most of them */
  async seeReal(data: Dataset, count: number): Promise<void> {
    const chosen = new Random(0).permutation(data.length).subarray(0, count);
    const parts: NdArray[] = [];
    for await (const { input } of data.select(chosen).batch(batchSize)) parts.push(input!);
    this.#real = gaussianOf((await this.#judge(parts)).features);
  }

  /**
   * Fréchet distance to the real pictures; the smallest share of pictures that any class has, times the number of classes (1: all alike; 0: one is
   * never made); where they were asked for by class, the share that shows it.
   * @param pictures uint8 [pictures, channels, height, width]
   * @param labels the class each was to be of
   */
  async measure(pictures: NdArray, labels: readonly number[] | undefined): Promise<Record<string, number>> {
    if (!this.#real) throw new Error('Judge: there is nothing to compare with yet.');
    const { features, classes } = await this.#judge(rowBatches(pictures));
    const count = this.classNames?.length ?? 1;
    const shares = new Array<number>(count).fill(0);
    for (const seen of classes) shares[seen]! += count / classes.length;
    const right = labels && classes.filter((seen, i) => seen === labels[i]).length / classes.length;
    return {
      frechetDistance: frechetDistance(this.#real, gaussianOf(features)),
      leastClassShare: Math.min(...shares),
      ...(right !== undefined && { accuracy: right }),
    };
  }

  async #judge(parts: readonly NdArray[]): Promise<Judgement> {
    const { parameters, state } = this.#trained.variables;
    const rows: number[] = [];
    const classes: number[] = [];
    let width = 0;
    for (const part of parts) {
      const { features, logits } = (await this.#run(parameters, state, part)) as {
        features: NdArray;
        logits: NdArray;
      };
      width = features.shape[1]!;
      for (const value of features.data as Float32Array) rows.push(value);
      const size = logits.shape[1]!;
      for (let at = 0; at < logits.size; at += size) {
        const scores = (logits.data as Float32Array).subarray(at, at + size);
        classes.push(scores.indexOf(Math.max(...scores)));
      }
    }
    return { features: NdArray.of('float32', [classes.length, width], rows), classes };
  }

  release(): Promise<void> {
    return this.#run.release();
  }
}
