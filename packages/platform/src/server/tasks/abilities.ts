import type { Prediction, Recognition } from 'modelwright/tasks';

/** Vectors of texts. */
export interface Embedded {
  readonly vectors: readonly Float32Array<ArrayBuffer>[];
  /** Tokens of all texts. */
  readonly tokens: number;
}

/** How a text is to be written. */
export interface WritingOptions {
  /** The most tokens. Default: as the task has it. */
  readonly maximumLength?: number | undefined;
  /** 0 takes the most probable token each time. Default: 1. */
  readonly temperature?: number | undefined;
  readonly topP?: number | undefined;
  readonly seed?: number | undefined;
  /** Texts that end the writing. */
  readonly stop?: readonly string[] | undefined;
  /** Ends the work. */
  readonly signal: AbortSignal;
}

/** How a text came to its end. */
export interface Written {
  readonly reason: 'stop' | 'length';
  readonly promptTokens: number;
  readonly tokens: number;
}

/** A text in pieces as it is made. */
export type Writing = AsyncGenerator<string, Written, undefined>;

/** Something that was said. */
export interface ChatMessage {
  readonly role: string;
  readonly content: string;
}

/** What a replica can do for clients of OpenAI's API. Each throws InvalidInputError or ServiceError for what it does not take. */
export interface Abilities {
  embed?(texts: readonly string[]): Promise<Embedded>;
  /** Goes on with a text. */
  complete?(prompt: string, options: WritingOptions): Writing;
  /** Answers the last of some messages. */
  chat?(messages: readonly ChatMessage[], options: WritingOptions): Writing;
  /** Writes down what is said in a sound: the bytes of a file. */
  transcribe?(sound: Uint8Array): Promise<Recognition>;
  /** How likely each label is, for each text. */
  classify?(texts: readonly string[]): Promise<readonly (readonly Prediction[])[]>;
}

export type AbilityName = keyof Abilities;
