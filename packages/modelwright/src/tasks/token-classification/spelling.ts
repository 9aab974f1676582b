import { NdArray } from '../../graph/array.js';

/** How many bytes of a token are looked at: of a longer one the first and the last half of so many. */
const bytesOfToken = 20;

/** How many different numbers the bytes are: 0 is padding, and a byte counts from 1. */
export const byteVocabulary = 257;

/** What a tagger takes: ids of tokens, int32 [batch, time], and their bytes where there are tokens to spell. */
export function taggerInputs(
  ids: NdArray<'int32'>,
  tokens: readonly (readonly string[])[] | undefined,
): Record<string, NdArray> {
  return tokens ? { input_ids: ids, bytes: spelling(tokens, ids.shape[1]!) } : { input_ids: ids };
}

/**
 * How tokens are written, as their bytes in UTF-8: int32 [batch, time, 20], 0 where a token or a sentence has ended.
 * @param length tokens of the longest sentence
 */
function spelling(sentences: readonly (readonly string[])[], length: number): NdArray<'int32'> {
  const result = new NdArray('int32', [sentences.length, length, bytesOfToken]);
  const encoder = new TextEncoder();
  for (const [row, tokens] of sentences.entries()) {
    for (const [position, token] of tokens.entries()) {
      const place = (row * length + position) * bytesOfToken;
      result.data.set(
        shortened(encoder.encode(token)).map((byte) => byte + 1),
        place,
      );
    }
  }
  return result;
}

function shortened(bytes: Uint8Array): number[] {
  if (bytes.length <= bytesOfToken) return [...bytes];
  const half = bytesOfToken / 2;
  return [...bytes.subarray(0, half), ...bytes.subarray(-half)];
}
