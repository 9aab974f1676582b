/**
 * Bytes as text, without a byte order mark.
 * @param name what errors call the bytes, such as a file's path
 * @throws Error naming the byte, the line and the column where the bytes are not UTF-8
 */
export function decodeUtf8(bytes: Uint8Array, name = 'text'): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const at = firstInvalidByte(bytes);
    const before = bytes.subarray(0, at);
    const line = before.reduce((count, byte) => count + Number(byte === 0x0a), 1);
    const hex = `0x${bytes[at]!.toString(16).padStart(2, '0')}`;
    throw new Error(
      `${name}:${line}: byte ${at} (${hex}) is not UTF-8, at byte ${at - before.lastIndexOf(0x0a)} of the line. ` +
        'Save the file as UTF-8; Chinese text is often GB18030: iconv -f GB18030 -t UTF-8.',
    );
  }
}

/** Index of the first byte that begins no well-formed sequence (Unicode 15, table 3-7), the last one cut off included. */
function firstInvalidByte(bytes: Uint8Array): number {
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes, at);
    if (length === 0) return at;
    at += length;
  }
  return bytes.length;
}

/** Bytes of the well-formed sequence at an index; 0 where there is none. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!;
  if (first < 0x80) return 1;
  const length =
    first >= 0xc2 && first < 0xe0
      ? 2
      : first >= 0xe0 && first < 0xf0
        ? 3
        : first >= 0xf0 && first < 0xf5
          ? 4
          : 0;
  const [low, high] = secondByte(first);
  for (let i = 1; i < length; i++) {
    const byte = bytes[at + i];
    if (byte === undefined || byte < (i === 1 ? low : 0x80) || byte > (i === 1 ? high : 0xbf)) return 0;
  }
  return length;
}

/** The range of a sequence's second byte: no overlong forms, no surrogates, nothing above U+10FFFF. */
function secondByte(first: number): [low: number, high: number] {
  if (first === 0xe0) return [0xa0, 0xbf];
  if (first === 0xed) return [0x80, 0x9f];
  if (first === 0xf0) return [0x90, 0xbf];
  if (first === 0xf4) return [0x80, 0x8f];
  return [0x80, 0xbf];
}
