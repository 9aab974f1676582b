import type { Command } from 'commander';
import type {
  EvaluateResult,
  SpeechStreamOptions,
  TextGenerationOptions,
  TrainEvent,
  TrainResult,
  TranslateOptions,
} from 'modelwright/tasks';

/** Options as a task takes them: the command line has checked them against what was added for the task. */
export const parsed = <Options extends object>(options: object): Options => options as Options;

/** What training a task needs beyond the user's options. */
export interface TrainHooks {
  readonly onEvent: (event: TrainEvent) => void;
  /** Asks the training to stop. */
  readonly signal: AbortSignal;
}

/** What a model makes of one input. */
export interface PredictionOutcome {
  /** For programs. */
  readonly json: object;
  /** For people. */
  readonly text: string;
  /** The input with the outcome drawn on it, where it is a picture. */
  readonly picture?: {
    /** What its file's name ends with, before `.png`. */
    readonly suffix: string;
    /** The bytes of a PNG. */
    readonly draw: () => Promise<Uint8Array>;
  };
}

/** What the command line must know of a task: one record for each. */
export interface CliTask {
  /** What it does, in a line. */
  readonly description: string;
  readonly trainExamples: readonly string[];
  /** Adds the options that training takes beyond `--json`. */
  addTrainOptions(command: Command): Command;
  /** Trains, given the options that `addTrainOptions` describes. */
  train(options: Readonly<Record<string, unknown>>, hooks: TrainHooks): Promise<TrainResult>;
  /** Measures a saved model. */
  evaluate(model: string, options: EvaluateOptions): Promise<EvaluateResult>;
  /** What `predict` takes: names of files, text as it stands, or nothing. */
  readonly input: 'file' | 'text' | 'none';
  /** Opens a saved model for predicting. */
  openPredictor(directory: string, options: PredictorOptions): Promise<Predictor>;
  /** Opens a saved model for sound that arrives in pieces, where it can take that. */
  openStream?(directory: string, options: PredictorOptions): Promise<InputStream>;
}

/** Raw sound that arrives in pieces. */
export interface InputStream {
  /** Takes the next bytes; gives what has been heard so far. */
  write(bytes: Uint8Array): Promise<string>;
  /** Nothing more will come; frees the model. */
  end(): Promise<PredictionOutcome>;
}

/** What a model is asked with, beyond the inputs. */
export interface PredictorOptions {
  /** Folder of pictures to find the most similar ones in, for models that compare pictures. */
  readonly gallery?: string | undefined;
  /** Whether all pictures of a gallery are compared although it has an index. */
  readonly exact?: boolean | undefined;
  /** How what was heard becomes text, for models that write down speech. */
  readonly speech?: SpeechStreamOptions & { readonly timestamps?: boolean };
  /** How many pictures to make, of which class, from which seed and into which folder, for models that make pictures. */
  readonly count?: number | undefined;
  readonly class?: string | undefined;
  readonly towards?: number | undefined;
  readonly seed?: number | undefined;
  readonly out?: string | undefined;
}

/** An input: what it is called, and the name of a file, its bytes, or the text itself. */
export interface Source {
  readonly name: string;
  readonly source: string | Uint8Array;
}

/** How models make text, where they do. */
export interface TextMaking {
  readonly options: TextGenerationOptions & TranslateOptions;
  /** Is given the outcome's text in pieces, as they are made. */
  readonly onPiece?: (piece: string) => void;
  /** The least score of objects that are told, for models that find some. */
  readonly threshold?: number | undefined;
}

/** A saved model that is asked about inputs one by one. */
export interface Predictor {
  /**
   * Predicts on one input.
   * @param source the name of a file, or its bytes; or the text itself
   * @param top the most classes, or neighbours, to give
   * @param making how text is made, for models that make text
   */
  predict(source: string | Uint8Array, top: number, making: TextMaking): Promise<PredictionOutcome>;
  /** Makes something of no input at all: set for tasks that take none. */
  predictAlone?(): Promise<PredictionOutcome>;
  /** Predicts on several inputs together, where a model has something to say of them that it cannot say of each. */
  predictTogether?(sources: readonly Source[]): Promise<PredictionOutcome>;
  release(): Promise<void>;
}

export interface EvaluateOptions {
  readonly data: string;
  readonly batchSize?: number;
  readonly device?: 'cpu' | 'webgpu';
}
