import type { Tokenizer } from '../../data/text/index.js';

/** What stands for bytes that are no character yet. */
const incomplete = '\uFFFD';
/** A character has at most four bytes, and a token of byte-level BPE at least one of them. */
const longestCharacter = 4;

/**
 * The text of tokens as they come, in pieces: half a character is kept back until it is whole, and what may be the beginning of
 * one of `stops` until it is clear that it is not. Where one of them occurs the text ends before it.
 * @returns whether one of `stops` ended the text
 */
export async function* textPieces(
  tokens: AsyncIterable<number>,
  tokenizer: Tokenizer,
  stops: readonly string[] = [],
): AsyncGenerator<string, boolean, undefined> {
  let waiting: number[] = [];
  let kept = '';
  for await (const token of tokens) {
    waiting.push(token);
    const text = tokenizer.decode(waiting);
    if (text.endsWith(incomplete) && waiting.length < longestCharacter) continue;
    waiting = [];
    kept += text;
    const ends = stops.filter((stop) => stop !== '').map((stop) => kept.indexOf(stop));
    const end = Math.min(...ends.filter((position) => position >= 0));
    if (Number.isFinite(end)) {
      if (end > 0) yield kept.slice(0, end);
      return true;
    }
    const safe = kept.length - Math.max(0, ...stops.map((stop) => overlap(kept, stop)));
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
