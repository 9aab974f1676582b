import { type CleanOptions, cleaningJson, cleanText } from './clean.js';
import { learnMerges } from './merges.js';
import { characters, words } from './segment.js';
import { preTokenizer, Tokenizer } from './tokenizer.js';
import { type TokenizerKind, tokenizerConfig, tokenizerJson } from './tokenizerJson.js';
import { buildVocabulary, countTokens, specialTokens, type VocabularyOptions } from './vocabulary.js';

export interface TrainTokenizerOptions extends VocabularyOptions {
  /**
   * What tokens are: characters; words; pieces of words by byte-level BPE (Radford et al., 2019), which knows every text; or by
   * WordPiece (Schuster and Nakajima, 2012).
   */
  readonly kind: TokenizerKind;
  /** How text is cleaned first. Byte-level BPE keeps white space as it is unless this says otherwise. */
  readonly clean?: CleanOptions | undefined;
  /** Whether every text is put between the tokens of begin and end. Default: false. */
  readonly bounds?: boolean | undefined;
  /** For words: the language by whose rules they are told apart, such as 'en' or 'zh', or null for words between spaces. Default: 'en'. */
  readonly segmenter?: string | null | undefined;
}

/**
 * Makes a tokenizer for texts like these: `trainTokenizer(texts, { kind: 'bpe', maximumSize: 8000 })`.
 *
 * For pieces of words `minimumCount` says how often a pair must occur to be joined (default 2), and `maximumSize` how many
 * tokens there are at most (default 8,000).
 * @throws RangeError when the texts hold nothing to make a vocabulary of
 */
export function trainTokenizer(texts: Iterable<string>, options: TrainTokenizerOptions): Tokenizer {
  const { kind, bounds = false } = options;
  const clean = { collapse: kind !== 'bpe', ...options.clean };
  const segmenter = kind === 'word' ? (options.segmenter === undefined ? 'en' : options.segmenter) : null;
  const cleaned = (function* () {
    for (const text of texts) yield cleanText(text, clean);
  })();
  const { tokens, merges } =
    kind === 'bpe' || kind === 'wordpiece'
      ? pieceVocabulary(cleaned, kind, options)
      : { tokens: buildVocabulary(countTokens(wholeTokens(cleaned, kind, segmenter)), options), merges: [] };
  const json = tokenizerJson({ kind, tokens, merges, normalizer: cleaningJson(clean), bounds });
  return new Tokenizer(json, tokenizerConfig(kind, segmenter));
}

function* wholeTokens(
  texts: Iterable<string>,
  kind: TokenizerKind,
  segmenter: string | null,
): Generator<string[]> {
  for (const text of texts) {
    if (kind === 'character') yield characters(text);
    else if (segmenter === null) yield text.split(/\s+/u).filter((word) => word !== '');
    else yield words(text, segmenter);
  }
}

function pieceVocabulary(texts: Iterable<string>, kind: 'bpe' | 'wordpiece', options: TrainTokenizerOptions) {
  const { minimumCount = 2, maximumSize = 8000 } = options;
  const split = preTokenizer(kind);
  const counts = countTokens(
    (function* () {
      for (const text of texts) yield split(text);
    })(),
  );
  if (counts.size === 0)
    throw new RangeError('The vocabulary is empty: the texts hold no word to learn from.');
  return learnMerges(counts, {
    size: maximumSize,
    minimumCount,
    tokens: [...Object.values(specialTokens), ...(kind === 'bpe' ? byteCharacters() : [])],
    prefix: kind === 'wordpiece' ? '##' : '',
  });
}

/** The character that stands for each byte in byte-level BPE, in code point order. */
function byteCharacters(): string[] {
  const plain = (byte: number): boolean => (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(plain(byte) ? byte : next++)).sort();
}
