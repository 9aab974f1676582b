import type { DType } from '../../graph/dtype.js';
import type { SummaryRow } from '../summary.js';

/** An input or output of the saved ONNX graph. */
export interface ModelCardTensor {
  readonly name: string;
  readonly dtype: DType;
  /** Size of each dimension; named where it is open, such as `batch`. */
  readonly shape: readonly (number | string)[];
  /** What the values mean, such as "RGB pixels, 0..255". */
  readonly description?: string;
}

/** The data a model learnt from. */
export interface ModelCardTrainingData {
  readonly name: string;
  readonly examples: number;
  readonly classes?: readonly string[];
  /** Digest of the examples, by which the same data is known again. */
  readonly fingerprint: string;
  readonly description?: string;
}

/** What was measured on one data set. */
export interface ModelCardResults {
  readonly dataset: {
    readonly name: string;
    /** Hugging Face id of the data set; default made from the name. */
    readonly id?: string;
    readonly split?: string;
    readonly examples?: number;
  };
  /** Loss and metrics by name. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** How a model was trained. */
export interface ModelCardTraining {
  /** Optimiser, learning rate, batch size, augmentation and so on, by name. */
  readonly hyperParameters: Readonly<Record<string, string | number | boolean>>;
  readonly seed: number;
  readonly epochs: number;
  /** Number of the epoch whose parameters were kept, where it is not the last. */
  readonly bestEpoch?: number;
  /** What it ran on, such as "CPU, 2 threads". */
  readonly device: string;
  /** Wall-clock seconds. */
  readonly seconds: number;
}

/** A picture beside the card. */
export interface ModelCardPicture {
  /** Path relative to the card, such as `curves.svg`. */
  readonly file: string;
  readonly caption: string;
}

/** All that a model card says. */
export interface ModelCardInfo {
  readonly name: string;
  /** Task as Hugging Face names it, such as `image-classification`. */
  readonly task: string;
  /** What the model is and what it is for. */
  readonly description: string;
  /** Licence as Hugging Face names it, such as `apache-2.0`. Default: the card names none. */
  readonly license?: string;
  /** ISO 639-1 codes of the human languages the model handles. */
  readonly languages?: readonly string[];
  /** What `modelwright predict` is shown with. Default: picture.jpg. */
  readonly sampleInput?: string;
  readonly inputs: readonly ModelCardTensor[];
  readonly outputs: readonly ModelCardTensor[];
  readonly trainingData: ModelCardTrainingData;
  readonly training: ModelCardTraining;
  readonly results: readonly ModelCardResults[];
  readonly pictures?: readonly ModelCardPicture[];
  readonly layers?: readonly SummaryRow[];
  /** Versions of the software that trained the model, by name. */
  readonly software: Readonly<Record<string, string>>;
  /** Where the model should not be trusted, in Markdown. */
  readonly limitations: string;
}
