import { Tokenizer as Engine } from '@huggingface/tokenizers';
import type { NdArray } from '../../graph/array.js';
import { padSequences } from './padding.js';
import { words } from './segment.js';
import {
  type TokenizerConfig,
  type TokenizerJson,
  type TokenizerKind,
  tokenizerJson,
} from './tokenizerJson.js';
import { specialIds, specialTokens } from './vocabulary.js';

export interface EncodeOptions {
  /** The most tokens, begin and end included; what is beyond is cut off at the end. Default: no limit. */
  readonly maximumLength?: number | undefined;
}

export interface EncodeBatchOptions extends EncodeOptions {
  /** The length is rounded up to a multiple of this. Default: 1. */
  readonly multipleOf?: number | undefined;
  /** The length at least. Default: 1. */
  readonly minimumLength?: number | undefined;
}

/** Texts as numbers, the shorter ones filled up. */
export interface EncodedBatch {
  /** int32 [batch, length], padding at the end. */
  readonly ids: NdArray<'int32'>;
  /** bool [batch, length]: true at tokens, false at padding. */
  readonly mask: NdArray<'bool'>;
  /** How many texts were cut off. */
  readonly truncated: number;
}

/** What cuts text into words, as the `pre_tokenizer` of a tokenizer.json says. */
export function preTokenizer(kind: 'bpe' | 'wordpiece'): (text: string) => string[] {
  const json = tokenizerJson({ kind, tokens: [], normalizer: null, bounds: false });
  const { pre_tokenizer: engine } = new Engine(json, {});
  return (text) => engine!.pre_tokenize(text);
}

/** Turns text into token ids and back, by a Hugging Face `tokenizer.json`. */
export class Tokenizer {
  readonly json: TokenizerJson;
  readonly config: TokenizerConfig;
  readonly #engine: Engine;
  readonly #bounds: boolean;

  /** @throws Error when a special token is not where it should be: a tokenizer that was not made here */
  constructor(json: TokenizerJson, config: TokenizerConfig) {
    this.json = json;
    this.config = config;
    this.#engine = new Engine(json, config);
    this.#bounds = json.post_processor !== null;
    for (const [role, token] of Object.entries(specialTokens)) {
      const id = specialIds[role as keyof typeof specialIds];
      if (this.#engine.token_to_id(token) !== id || config.modelwright === undefined) {
        throw new Error(
          `The tokenizer has no token '${token}' with the id ${id} for ${role}: it was not made by Modelwright. ` +
            'Use the tokenizer.json and tokenizer_config.json that were saved with the model.',
        );
      }
    }
  }

  get kind(): TokenizerKind {
    return this.config.modelwright.kind;
  }

  /** How many tokens there are, special ones included. */
  get vocabularySize(): number {
    return Object.keys(this.json.model.vocab as object).length;
  }

  /** The id of a token; undefined where there is none. */
  idOf(token: string): number | undefined {
    return this.#engine.token_to_id(token);
  }

  /** The token of an id; undefined where there is none. */
  tokenOf(id: number): string | undefined {
    return this.#engine.id_to_token(id);
  }

  /** The tokens of a text, without begin and end. */
  tokenize(text: string): string[] {
    return this.#engine.tokenize(this.#segmented(text));
  }

  /** The ids of a text, between those of begin and end where the tokenizer puts them. */
  encode(text: string, { maximumLength = Number.POSITIVE_INFINITY }: EncodeOptions = {}): number[] {
    const { ids } = this.#engine.encode(this.#segmented(text), { add_special_tokens: false });
    const room = maximumLength - (this.#bounds ? 2 : 0);
    if (room < 1) {
      throw new RangeError(
        `Tokenizer.encode: a maximumLength of ${maximumLength} leaves no room for a token; it must be at least ${this.#bounds ? 3 : 1}.`,
      );
    }
    const kept = ids.length > room ? ids.slice(0, room) : ids;
    return this.#bounds ? [specialIds.begin, ...kept, specialIds.end] : kept;
  }

  /** The ids of several texts as arrays of one length. */
  encodeBatch(texts: readonly string[], options: EncodeBatchOptions = {}): EncodedBatch {
    const { maximumLength, ...padding } = options;
    return padSequences(
      texts.map((text) => this.encode(text)),
      { ...padding, maximumLength, last: this.#bounds ? specialIds.end : undefined },
    );
  }

  /** The text of ids, special tokens left out. */
  decode(ids: ArrayLike<number>): string {
    const known = Array.from(ids);
    return known.length === 0 ? '' : this.#engine.decode(known, { skip_special_tokens: true });
  }

  /** The files of the tokenizer by name, as they stand in a saved model's folder. */
  files(): { readonly 'tokenizer.json': string; readonly 'tokenizer_config.json': string } {
    return {
      'tokenizer.json': `${JSON.stringify(this.json)}\n`,
      'tokenizer_config.json': `${JSON.stringify(this.config, null, 2)}\n`,
    };
  }

  /**
   * The tokenizer that `files` wrote.
   * @throws Error when one of the texts is not JSON, or was not made here
   */
  static fromFiles(files: Readonly<Record<string, string>>): Tokenizer {
    const read = (name: string): unknown => {
      try {
        return JSON.parse(files[name]!);
      } catch (cause) {
        throw new Error(`${name} is missing, or no JSON. Save the tokenizer again.`, { cause });
      }
    };
    return new Tokenizer(
      read('tokenizer.json') as TokenizerJson,
      read('tokenizer_config.json') as TokenizerConfig,
    );
  }

  #segmented(text: string): string {
    const { segmenter } = this.config.modelwright;
    return segmenter === null ? text : words(text, segmenter).join(' ');
  }
}
