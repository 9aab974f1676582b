import type { TokenClue } from '../../../nn/networks/index.js';
import type { ModelFolder } from '../../../saved/folder.js';
import type { TaggedSentence } from '../sentences.js';

/** What tokens are: single characters, or words. */
export type TokenKind = 'character' | 'word';

/** What a tagger may know of tokens beside which they are; what is left out is decided by what tokens are. */
export interface ClueOptions {
  /**
   * Whether `bilstm-crf` looks at how tokens are written: filters over their bytes see endings and capitals, and words are told apart
   * without their capitals. Default: true where tokens are words, false where they are characters.
   */
  readonly spelling?: boolean | undefined;
  /**
   * How often a pair of neighbours must occur in training to be looked up beside the token; false for no pairs.
   * Default: 3 where tokens are characters, false where they are words.
   */
  readonly bigrams?: number | false | undefined;
  /**
   * Whether the model is told where words begin and end, as a dictionary cuts the text. Default: true where tokens are characters;
   * where they are words, it has nothing to tell.
   */
  readonly wordBounds?: boolean | undefined;
}

export type ClueName = keyof ClueOptions;

/** Something that a tagger knows of each token: an input of its own. */
export interface Clue {
  /** Name of the network's input, int32 [batch, time], or [batch, time, width]: 0 where a sentence has ended. */
  readonly input: string;
  /** How many numbers a token has, where that is not one. */
  readonly width?: number;
  /** The numbers of a sentence's tokens, one token's behind another's. */
  readonly numbersOf: (tokens: readonly string[]) => ArrayLike<number>;
  /** How the network looks its numbers up; left out for bytes, which it has filters for. */
  readonly lookup?: TokenClue;
  /** What `config.json` says of it. */
  readonly saved: true | number;
  /** What else is saved of it, by path in the model's folder. */
  readonly files?: Readonly<Record<string, string>>;
}

/** What clues are made from. */
export interface ClueSource {
  readonly sentences: readonly TaggedSentence[];
  readonly tokens: TokenKind;
  /** What errors call the sentences. */
  readonly data: string;
  /** The most entries of a vocabulary. */
  readonly vocabularySize: number;
}

/** A kind of clue. */
export interface ClueKind {
  /** Why it tells a model nothing of such tokens; undefined where it does. */
  readonly unfit: (model: string, tokens: TokenKind) => string | undefined;
  /** Whether it is used where it fits and nothing is said. */
  readonly byDefault: (source: ClueSource) => boolean;
  /** Made for a training. @throws RangeError where the sentences have nothing to make it of */
  readonly make: (source: ClueSource, options: ClueOptions) => Clue;
  /** As it was saved. @throws Error where a file is missing, damaged, or another model's */
  readonly read: (folder: ModelFolder, saved: unknown) => Promise<Clue>;
}
