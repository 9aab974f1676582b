import { stat } from 'node:fs/promises';
import { readText, type Tokenizer } from '../../data/text/index.js';
import { grammarSentences } from '../word-embeddings/grammar.js';

/**
 * A text to learn from: a file, or `grammar`.
 * @throws Error when there is no such file, it is not UTF-8, or it is empty
 */
export async function openText(data: string): Promise<string> {
  if (data === 'grammar') return grammarText();
  const found = await stat(data).catch(() => undefined);
  if (!found?.isFile()) {
    throw new Error(`There is no text file '${data}'. Give one, or 'grammar' for a text that is made here.`);
  }
  const text = await readText(data);
  if (text.trim() === '') throw new Error(`${data} is empty: there is nothing to learn from.`);
  return text;
}

/** Sentences of the invented language of the word embeddings, one a line. */
function grammarText(): string {
  return grammarSentences(4000)
    .map((words) => `${words.join(' ')}.\n`)
    .join('');
}

/** The beginning of a text to learn from, and its end to measure on. */
export interface SplitText {
  readonly train: string;
  readonly held: string;
}

/** Holds out the last share of a text; no character is split in two. */
export function holdOutEnd(text: string, share: number): SplitText {
  if (!(share > 0 && share <= 0.5)) {
    throw new RangeError(`validationSplit is ${share}; expected more than 0 and at most 0.5.`);
  }
  let place = Math.floor(text.length * (1 - share));
  if (/[\uDC00-\uDFFF]/.test(text.charAt(place))) place++;
  return { train: text.slice(0, place), held: text.slice(place) };
}

/** A chunk is cut once it is this long. */
const chunkLength = 10_000;

/**
 * A text in pieces whose tokens, one behind the other, are those of the whole text: they are cut before an end of line that is
 * followed by something else than white space.
 */
export function* chunksOf(text: string): Generator<string> {
  let begin = 0;
  const cut = /\n(?=\S)/gu;
  while (begin < text.length) {
    cut.lastIndex = begin + chunkLength;
    const end = cut.exec(text)?.index ?? text.length;
    yield text.slice(begin, end);
    begin = end;
  }
}

/** The tokens of a long text. */
export function encodeText(text: string, tokenizer: Tokenizer): Int32Array<ArrayBuffer> {
  const chunks = Array.from(chunksOf(text), (chunk) => Int32Array.from(tokenizer.encode(chunk)));
  const tokens = new Int32Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let place = 0;
  for (const chunk of chunks) {
    tokens.set(chunk, place);
    place += chunk.length;
  }
  return tokens;
}
