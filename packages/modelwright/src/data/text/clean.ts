import type { JsonObject } from './tokenizerJson.js';

/** How text is cleaned before anything else. */
export interface CleanOptions {
  /** Unicode normalisation: NFC joins what is written in parts; NFKC also makes full-width letters and ligatures plain. Default: 'NFC'. */
  readonly form?: 'NFC' | 'NFKC' | undefined;
  /** Whether letters are made small. Default: false. */
  readonly lowercase?: boolean | undefined;
  /** Whether every run of white space becomes one space, and none stays at the ends. Default: true. */
  readonly collapse?: boolean | undefined;
}

/** Control characters that are no white space, soft hyphens, zero-width spaces, byte order marks. Joiners stay: emoji and scripts need them. */
const controls = String.raw`[\u0000-\u0008\u000E-\u001F\u007F-\u0084\u0086-\u009F\u00AD\u200B\u2060\uFEFF]`;

const controlsPattern = new RegExp(controls, 'gu');
const spacePattern = /\p{White_Space}+/gu;

/** Text in one Unicode form, without control characters, its white space collapsed; in small letters if wanted. */
export function cleanText(text: string, options: CleanOptions = {}): string {
  const { form = 'NFC', lowercase = false, collapse = true } = options;
  let clean = text.normalize(form).replace(controlsPattern, '');
  if (lowercase) clean = clean.toLowerCase();
  return collapse ? clean.replace(spacePattern, ' ').trim() : clean;
}

/** The same cleaning as the `normalizer` of a `tokenizer.json`. */
export function cleaningJson(options: CleanOptions = {}): JsonObject {
  const { form = 'NFC', lowercase = false, collapse = true } = options;
  const replace = (pattern: string, content: string): JsonObject => ({
    type: 'Replace',
    pattern: { Regex: pattern },
    content,
  });
  return {
    type: 'Sequence',
    normalizers: [
      { type: form },
      replace(controls, ''),
      ...(lowercase ? [{ type: 'Lowercase' }] : []),
      ...(collapse
        ? [replace(String.raw`\s+`, ' '), { type: 'Strip', strip_left: true, strip_right: true }]
        : []),
    ],
  };
}
