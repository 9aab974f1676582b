import type { Context } from 'hono';
import type { OnnxRuntime } from 'modelwright/runtime';
import type { JsonObject, ModelConfig, RunnableModel } from 'modelwright/saved';
import type { Abilities } from './abilities.js';

/** What the page asks a person for: a picture, one or two pictures, which picture to make, a sound, a text to read, the beginning of a text, or a word. */
export type PageInput = 'picture' | 'pictures' | 'sample' | 'sound' | 'text' | 'prompt' | 'word';

/** One of the threads that a model is served by. */
export interface Replica {
  /** The saved model's folder. */
  readonly directory: string;
  /** The model of `onnx/model.onnx`, open in this thread. */
  readonly model: RunnableModel;
  /** Opens further graphs in this thread. */
  readonly runtime: OnnxRuntime;
  /** Threads that a run may use. */
  readonly threads: number;
  /** Whether somebody vouches for the model's files: they are read in this process. */
  readonly trusted: boolean;
}

/** What an answer is made with. */
export interface AnswerContext {
  /** Ends the work: the client has gone, or the time is up. */
  readonly signal: AbortSignal;
  /** Sends a piece of an answer that streams. */
  readonly send: (piece: JsonObject) => void;
}

/** An answer that is not JSON: a file. */
export class FileAnswer {
  /** Its media type. */
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;

  constructor(type: string, bytes: Uint8Array<ArrayBuffer>) {
    this.type = type;
    this.bytes = bytes;
  }
}

/** A request that was read and is in order. */
export interface PredictionRequest<Opened> {
  /** Whether the answer comes as server-sent events: the pieces as they are made, and the answer at the end. Default: false. */
  readonly streams?: boolean;
  /**
   * Makes the answer, an object of JSON or a FileAnswer, once a replica is free; no other request is put to that replica meanwhile.
   * @throws InvalidInputError when the model does not take what it is given
   */
  answer(opened: Opened, context: AnswerContext): Promise<object>;
}

/** Raw sound that arrives in pieces: samples of 16 bits, little-endian, one channel. */
export interface SoundStream {
  /** Takes the next bytes; gives what has been heard so far. */
  write(bytes: Uint8Array): Promise<object>;
  /** Nothing more will come. */
  end(): Promise<object>;
}

/** How `POST /predict` is answered: one record for each task. */
export interface ServedTask<Opened> {
  readonly input: PageInput;
  /** What the page must know of a model beside that. Default: nothing. */
  about?(config: ModelConfig): JsonObject;
  /** Opens a saved model in one replica. */
  open(replica: Replica): Promise<Opened>;
  /**
   * Reads a request, before it waits for a replica.
   * @throws ServiceError when it is not what the task takes
   */
  read(c: Context, config: ModelConfig): Promise<PredictionRequest<Opened>>;
  /**
   * What was opened, with another model in place of the replica's, which runs requests together: for tasks whose answers run the model
   * alone. Default: requests are answered one by one.
   */
  joined?(opened: Opened, model: RunnableModel): Opened;
  /** What clients of OpenAI's API may ask a replica for. Default: nothing. */
  abilities?(opened: Opened, config: ModelConfig): Abilities;
  /** Whether a model takes sound as it arrives. Default: none does. */
  canStream?(config: ModelConfig): boolean;
  /**
   * Begins to hear sound that arrives in pieces; other requests are answered meanwhile.
   * @param query gives what the address says
   * @throws ServiceError when it asks for what there is not
   */
  stream?(opened: Opened, query: (name: string) => string | undefined): Promise<SoundStream>;
  /** Frees what `open` opened beside the replica's model. Default: there is nothing. */
  release?(opened: Opened): Promise<void>;
}
