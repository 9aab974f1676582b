import type { Piece } from './microphone.js';

/** A WAV file of pieces of sound, one channel of 16 bits. */
export function wavOf(pieces: readonly Piece[], sampleRate: number, name: string): File {
  const size = pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
  const header = new DataView(new ArrayBuffer(44));
  const tags = { 0: 'RIFF', 8: 'WAVE', 12: 'fmt ', 36: 'data' };
  for (const [at, tag] of Object.entries(tags))
    for (const [i, letter] of [...tag].entries()) header.setUint8(Number(at) + i, letter.charCodeAt(0));
  header.setUint32(4, 36 + size, true);
  header.setUint32(16, 16, true);
  header.setUint16(20, 1, true); // whole numbers
  header.setUint16(22, 1, true); // one channel
  header.setUint32(24, sampleRate, true);
  header.setUint32(28, 2 * sampleRate, true);
  header.setUint16(32, 2, true);
  header.setUint16(34, 16, true);
  header.setUint32(40, size, true);
  return new File([header, ...pieces], name, { type: 'audio/wav' });
}
