import type { Tokenizer } from '../../data/text/index.js';

/** What stands for bytes that are no character yet. */
const incomplete = '\uFFFD';
/** A character has at most four bytes, and a token of byte-level BPE at least one of them. */
const longestCharacter = 4;

/**
 * The text of tokens as they come, in pieces: half a character is kept back until it is whole, and what may be the beginning of
 * `stop` until it is clear that it is not. Where `stop` occurs the text ends before it.
 * @returns whether `stop` ended the text
 */
export async function* textPieces(
  tokens: AsyncIterable<number>,
  tokenizer: Tokenizer,
  stop = '',
): AsyncGenerator<string, boolean, undefined> {
  let waiting: number[] = [];
  let kept = '';
  for await (const token of tokens) {
    waiting.push(token);
    const text = tokenizer.decode(waiting);
    if (text.endsWith(incomplete) && waiting.length < longestCharacter) continue;
    waiting = [];
    kept += text;
    const end = stop === '' ? -1 : kept.indexOf(stop);
    if (end >= 0) {
      if (end > 0) yield kept.slice(0, end);
      return true;
    }
    const safe = kept.length - overlap(kept, stop);
    if (safe > 0) yield kept.slice(0, safe);
    kept = kept.slice(safe);
  }
  const rest = kept + tokenizer.decode(waiting);
  if (rest !== '') yield rest;
  return false;
}

/** How many characters at the end of a text are the beginning of another, short of all of it. */
function overlap(text: string, other: string): number {
  let length = Math.min(text.length, Math.max(other.length - 1, 0));
  while (length > 0 && !text.endsWith(other.slice(0, length))) length--;
  return length;
}
