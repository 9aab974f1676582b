import { cleanText } from '../../data/text/clean.js';
import { linesOf } from '../../data/text/lines.js';
import { words } from '../../data/text/segment.js';

export interface SplitOptions {
  /** Language of the text (BCP 47), such as `en` or `zh`: how its words are told apart. Default: `en`. */
  readonly language?: string | undefined;
  /** Whether capitals become small letters. Default: true. */
  readonly lowercase?: boolean | undefined;
}

/**
 * Splits a text into sentences of words. Each line is a sentence; words are found by `Intl.Segmenter`, which also knows where Chinese
 * words end; punctuation is left out. The text is brought to Unicode's form NFKC. Lines without words are left out.
 * @throws RangeError when the language is no valid tag
 */
export function splitWords(
  text: string,
  { language = 'en', lowercase = true }: SplitOptions = {},
): string[][] {
  return linesOf(text)
    .map((line) =>
      words(cleanText(line, { form: 'NFKC', lowercase }), language).filter((word) =>
        /[\p{L}\p{N}]/u.test(word),
      ),
    )
    .filter((sentence) => sentence.length > 0);
}
