// What a tokenizer is on the disk: Hugging Face's tokenizer.json and tokenizer_config.json.
import { specialIds, specialTokens } from './vocabulary.js';

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;

export interface JsonObject {
  readonly [name: string]: JsonValue;
}

/** The content of a `tokenizer.json`. */
export interface TokenizerJson {
  readonly version: string;
  readonly truncation: JsonValue;
  readonly padding: JsonValue;
  readonly added_tokens: readonly JsonObject[];
  readonly normalizer: JsonValue;
  readonly pre_tokenizer: JsonValue;
  readonly post_processor: JsonValue;
  readonly decoder: JsonValue;
  readonly model: JsonObject;
}

/** The kinds of tokenizers that can be made here. */
export type TokenizerKind = 'character' | 'word' | 'bpe' | 'wordpiece';

/** The content of a `tokenizer_config.json`. */
export interface TokenizerConfig {
  readonly tokenizer_class: 'PreTrainedTokenizerFast';
  readonly pad_token: string;
  readonly unk_token: string;
  readonly bos_token: string;
  readonly eos_token: string;
  readonly clean_up_tokenization_spaces: boolean;
  readonly modelwright: {
    readonly kind: TokenizerKind;
    /** The language whose words are told apart by Intl.Segmenter before tokenizer.json is applied; null where spaces do. */
    readonly segmenter: string | null;
  };
}

const [wordPrefix, unknown] = ['##', specialTokens.unknown];

/** Any code point by itself, in the syntax of regular expressions that tokenizer.json uses. */
const anyCharacter = String.raw`[\s\S]`;

/** The parts of a tokenizer.json in which the kinds differ. */
export const kinds = {
  character: {
    pre_tokenizer: { type: 'Split', pattern: { Regex: anyCharacter }, behavior: 'Isolated', invert: false },
    decoder: { type: 'Fuse' },
    model: (vocab: JsonObject) => ({ type: 'WordLevel', vocab, unk_token: unknown }),
  },
  word: {
    pre_tokenizer: { type: 'WhitespaceSplit' },
    decoder: null,
    model: (vocab: JsonObject) => ({ type: 'WordLevel', vocab, unk_token: unknown }),
  },
  bpe: {
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: (vocab: JsonObject, merges: JsonValue) => ({
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab,
      merges,
    }),
  },
  wordpiece: {
    pre_tokenizer: { type: 'BertPreTokenizer' },
    decoder: { type: 'WordPiece', prefix: wordPrefix, cleanup: false },
    model: (vocab: JsonObject) => ({
      type: 'WordPiece',
      unk_token: unknown,
      continuing_subword_prefix: wordPrefix,
      max_input_chars_per_word: 100,
      vocab,
    }),
  },
} as const satisfies Record<
  TokenizerKind,
  {
    readonly pre_tokenizer: JsonValue;
    readonly decoder: JsonValue;
    readonly model: (vocab: JsonObject, merges: JsonValue) => JsonObject;
  }
>;

export interface TokenizerParts {
  readonly kind: TokenizerKind;
  /** Tokens in the order of their ids, the special ones first. */
  readonly tokens: readonly string[];
  readonly merges?: readonly (readonly [string, string])[];
  readonly normalizer: JsonValue;
  /** Whether every text is put between the tokens of begin and end. */
  readonly bounds: boolean;
}

/** Puts a tokenizer.json together. */
export function tokenizerJson({
  kind,
  tokens,
  merges = [],
  normalizer,
  bounds,
}: TokenizerParts): TokenizerJson {
  const { pre_tokenizer, decoder, model } = kinds[kind];
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: Object.values(specialTokens).map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer,
    pre_tokenizer,
    post_processor: bounds ? boundsJson() : null,
    decoder,
    model: model(Object.fromEntries(tokens.map((token, id) => [token, id])), merges),
  };
}

/** The template that puts a text, or a pair of them, between begin and end. */
function boundsJson(): JsonObject {
  const special = (id: string): JsonObject => ({ SpecialToken: { id, type_id: 0 } });
  const text = (id: string): JsonObject => ({ Sequence: { id, type_id: 0 } });
  const { begin, end } = specialTokens;
  const token = (id: string, number: number): JsonObject => ({ id, ids: [number], tokens: [id] });
  return {
    type: 'TemplateProcessing',
    single: [special(begin), text('A'), special(end)],
    pair: [special(begin), text('A'), special(end), text('B'), special(end)],
    special_tokens: { [begin]: token(begin, specialIds.begin), [end]: token(end, specialIds.end) },
  };
}

/** Puts a tokenizer_config.json together. */
export function tokenizerConfig(kind: TokenizerKind, segmenter: string | null): TokenizerConfig {
  return {
    tokenizer_class: 'PreTrainedTokenizerFast',
    pad_token: specialTokens.padding,
    unk_token: specialTokens.unknown,
    bos_token: specialTokens.begin,
    eos_token: specialTokens.end,
    clean_up_tokenization_spaces: false,
    modelwright: { kind, segmenter },
  };
}
