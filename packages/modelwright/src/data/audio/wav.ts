// WAV files: what their headers promise, and writing them.
import type { AudioClip } from './clip.js';

const tagAt = (bytes: Uint8Array, at: number): string => String.fromCharCode(...bytes.subarray(at, at + 4));

/** What a header that is written before the end is known says of the length. */
const unknownLength: readonly number[] = [0, 0xff_ff_ff_ff];

/**
 * Checks that a WAV file holds what its header says.
 * @throws Error for a header that is cut off, without channels or sample rate, or that promises more sound than there is
 */
export function checkWav(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let format: { readonly channels: number; readonly rate: number; readonly block: number } | undefined;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const size = view.getUint32(at + 4, true);
    const tag = tagAt(bytes, at);
    if (tag === 'fmt ' && at + 24 <= bytes.length) {
      format = {
        channels: view.getUint16(at + 10, true),
        rate: view.getUint32(at + 12, true),
        block: view.getUint16(at + 20, true),
      };
    }
    if (tag === 'data') {
      if (!format) throw new Error("the WAV file has its sound before its 'fmt ' part; write it again");
      checkFormat(format);
      const there = bytes.length - at - 8;
      if (size <= there || unknownLength.includes(size)) return;
      throw new Error(
        `the WAV header promises ${size} bytes of sound, but the file holds ${there}: it is cut off or damaged`,
      );
    }
    at += 8 + size + (size % 2);
  }
  throw new Error(
    `the WAV file of ${bytes.length} bytes has no '${format ? 'data' : 'fmt '}' part: it is cut off or damaged`,
  );
}

function checkFormat({ channels, rate, block }: { channels: number; rate: number; block: number }): void {
  if (channels > 0 && rate > 0 && block > 0) return;
  throw new Error(
    `the WAV header says ${channels} channels, ${rate} samples a second and ${block} bytes a sample; expected each above 0`,
  );
}

/** A clip as a WAV file of 16 bits, mono. Values beyond -1 .. 1 are cut off there. */
export function encodeWav({ samples, sampleRate }: AudioClip): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(44 + 2 * samples.length);
  const view = new DataView(bytes.buffer);
  const tag = (at: number, text: string): void => bytes.set(new TextEncoder().encode(text), at);
  tag(0, 'RIFF');
  view.setUint32(4, bytes.length - 8, true);
  tag(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, 2 * sampleRate, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  tag(36, 'data');
  view.setUint32(40, 2 * samples.length, true);
  for (const [i, value] of samples.entries()) {
    view.setInt16(44 + 2 * i, Math.max(-32_768, Math.min(32_767, Math.round(32_768 * value))), true);
  }
  return bytes;
}
