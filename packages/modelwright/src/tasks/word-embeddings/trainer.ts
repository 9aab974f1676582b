import { NdArray } from '../../graph/array.js';
import { Random } from '../../graph/random.js';
import type { Tensor } from '../../graph/tensor.js';
import { adagrad } from '../../optim/index.js';
import { concat, constant, div, maximum, split } from '../../primitives/index.js';
import { type Compiled, compile } from '../../runtime/compile.js';
import { gradients } from '../../transforms/grad.js';
import type { BatchSource, LearningBatch } from './batch.js';
import type { Method, MethodOptions } from './methods.js';
import { RowTable } from './rowTable.js';

type TensorRecord = Readonly<Record<string, Tensor>>;

/** What one step gives. */
interface StepResult {
  readonly values: NdArray;
  readonly slots: NdArray;
  readonly loss: NdArray;
}

/** What is told after each step. */
export interface StepInfo {
  /** Steps taken in this epoch. */
  readonly step: number;
  /** Mean loss of a pair or window, over the epoch so far. */
  readonly loss: number;
  /** Words, or pairs, gone through in this epoch. */
  readonly size: number;
}

export interface TrainerOptions extends MethodOptions {
  readonly dimensions: number;
  readonly learningRate: number;
  readonly seed: number;
}

/**
 * Learns word vectors. Each word has a row: its vector, then its vector as a context. A step picks out the rows of the words that its batch
 * names, and a graph computes the loss, its gradient, and Adagrad's update of these rows (Duchi et al., 2011, which suits words that come
 * rarely). So a step costs the same however large the vocabulary is.
 */
export class WordVectorTrainer {
  readonly table: RowTable;
  readonly #method: Method;
  readonly #source: BatchSource;
  readonly #options: TrainerOptions;
  readonly #step: Compiled<[Tensor, Tensor, TensorRecord]>;

  constructor(method: Method, source: BatchSource, words: number, options: TrainerOptions) {
    this.#method = method;
    this.#source = source;
    this.#options = options;
    const width = method.width(options.dimensions);
    this.table = new RowTable(words, 2 * width);
    const random = new Random(options.seed, 0);
    for (let i = 0; i < this.table.values.length; i++) {
      const isWord = i % (2 * width) < width;
      if (isWord || method.smallContexts)
        this.table.values[i] = random.uniform(-0.5, 0.5) / options.dimensions;
    }
    this.#step = compile((values: Tensor, slots: Tensor, batch: TensorRecord) =>
      this.#trace(values, slots, batch),
    );
  }

  get stepsPerEpoch(): number {
    return this.#source.stepsPerEpoch;
  }

  /** The words' vectors, float32 [words, dimensions]. */
  vectors(): NdArray<'float32'> {
    const { dimensions } = this.#options;
    const { rows, width, values } = this.table;
    const vectors = new Float32Array(rows * dimensions);
    for (let row = 0; row < rows; row++) {
      vectors.set(values.subarray(row * width, row * width + dimensions), row * dimensions);
    }
    return new NdArray('float32', [rows, dimensions], vectors);
  }

  /**
   * Goes through the corpus once. It ends early when the signal says so, between two steps.
   * @param epoch counts from 0
   * @returns the mean loss of a pair or window
   * @throws Error when the loss is no longer a number
   */
  async runEpoch(epoch: number, onStep?: (info: StepInfo) => void, signal?: AbortSignal): Promise<StepInfo> {
    const batches = this.#source.epoch(this.#options.seed, epoch)[Symbol.iterator]();
    let info: StepInfo = { step: 0, loss: 0, size: 0 };
    let total = 0;
    for (let next = batches.next(); !next.done && !signal?.aborted; ) {
      const { size } = next.value;
      const running = this.#run(next.value);
      next = batches.next(); // made while the step runs
      total += await running;
      const step = info.step + 1;
      info = { step, loss: total / step, size: info.size + size };
      if (!Number.isFinite(total)) {
        throw new Error(
          `The loss became ${total} at step ${step} of epoch ${epoch + 1}. Lower the learning rate.`,
        );
      }
      onStep?.(info);
    }
    return info;
  }

  /** Frees what the graphs hold. */
  release(): Promise<void> {
    return this.#step.release();
  }

  async #run({ words, others }: LearningBatch): Promise<number> {
    const picked = this.table.pick(Object.values(words).map(({ data }) => data));
    const result = await this.#step(picked.values, picked.slots, { ...words, ...others });
    const { values, slots, loss } = result as unknown as StepResult;
    this.table.put(picked.ids, values.data as Float32Array, slots.data as Float32Array);
    return loss.item();
  }

  #trace(values: Tensor, slots: Tensor, batch: TensorRecord): Readonly<Record<keyof StepResult, Tensor>> {
    const width = this.table.width / 2;
    const [words, contexts] = split(values, [width, width], 1) as [Tensor, Tensor];
    const { total, terms } = this.#method.loss(words, contexts, batch, this.#options);
    const gradient = concat(gradients(total, [words, contexts]), 1);
    const learningRate = constant(this.#options.learningRate);
    const updated = adagrad().update({
      parameter: values,
      gradient,
      slots: [slots],
      hyper: { learningRate },
    });
    return { values: updated.parameter, slots: updated.slots[0]!, loss: div(total, maximum(terms, 1)) };
  }
}
