// The pages that an Ogg file consists of (RFC 3533), and what Opus says in them (RFC 7845).

/** Remainders of single bytes for the polynomial 0x04c11db7. */
const remainders = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte << 24;
  for (let bit = 0; bit < 8; bit++) rest = (rest << 1) ^ (rest < 0 ? 0x04c11db7 : 0);
  return rest >>> 0;
});

/** The checksum of a page, whose own place for it counts as zeros. */
function checksum(page: Uint8Array): number {
  let rest = 0;
  for (const [i, byte] of page.entries()) {
    const value = i >= 22 && i < 26 ? 0 : byte;
    rest = ((rest << 8) ^ remainders[(rest >>> 24) ^ value]!) >>> 0;
  }
  return rest;
}

/**
 * Checks the pages of an Ogg Opus file.
 * @returns how many samples of 48 kHz it holds, as its last page says
 * @throws Error when a page is damaged or cut off
 */
export function opusLength(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let skipped = 0;
  let last = 0;
  for (let at = 0, number = 1; at < bytes.length; number++) {
    const segments = bytes[at + 26] ?? 0;
    const body = bytes.subarray(at + 27, at + 27 + segments).reduce((sum, size) => sum + size, 0);
    const end = at + 27 + segments + body;
    if (end > bytes.length || at + 27 > bytes.length)
      throw new Error(`it is cut off within page ${number}: ${end - bytes.length} bytes are missing`);
    if (
      view.getUint32(at, false) !== 0x4f676753 ||
      view.getUint32(at + 22, true) !== checksum(bytes.subarray(at, end))
    )
      throw new Error(`it is damaged: page ${number} is not what its checksum says`);
    // The first page says how much of the beginning is there for the decoder alone.
    if (number === 1) skipped = view.getUint16(at + 27 + segments + 10, true);
    const position = view.getBigInt64(at + 6, true);
    if (position > 0n) last = Number(position);
    at = end;
  }
  return Math.max(0, last - skipped);
}
