/**
 * A JPEG file without what says nothing about its pixels: XMP, IPTC, and EXIF where the picture is upright. For small
 * photographs libvips spends most of its time on these. Anything that does not look like a JPEG file is given back as it is.
 */
export function withoutMetadata(bytes: Uint8Array): Uint8Array {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kept: Uint8Array[] = [bytes.subarray(0, 2)];
  let position = 2;
  while (position + 4 <= bytes.length && bytes[position] === 0xff && bytes[position + 1] !== startOfScan) {
    const end = position + 2 + view.getUint16(position + 2);
    const segment = bytes.subarray(position, end);
    if (!isNeedless(segment)) kept.push(segment);
    position = end;
  }
  kept.push(bytes.subarray(position));
  const result = new Uint8Array(kept.reduce((total, part) => total + part.length, 0));
  let length = 0;
  for (const part of kept) {
    result.set(part, length);
    length += part.length;
  }
  return result;
}

const startOfScan = 0xda;
const exifAndXmp = 0xe1;
const iptc = 0xed;

function isNeedless(segment: Uint8Array): boolean {
  if (segment[1] === iptc) return true;
  if (segment[1] !== exifAndXmp) return false;
  return String.fromCharCode(...segment.subarray(4, 8)) !== 'Exif' || orientation(segment.subarray(10)) === 1;
}

/** The orientation that EXIF data (a TIFF header and its first directory) states: 1 is upright, as without a statement. */
function orientation(exif: Uint8Array): number {
  const view = new DataView(exif.buffer, exif.byteOffset, exif.byteLength);
  if (exif.length < 8) return 1;
  const littleEndian = exif[0] === 0x49;
  const directory = view.getUint32(4, littleEndian);
  if (directory + 2 > exif.length) return 1;
  const count = view.getUint16(directory, littleEndian);
  for (
    let entry = directory + 2;
    entry < directory + 2 + 12 * count && entry + 12 <= exif.length;
    entry += 12
  ) {
    if (view.getUint16(entry, littleEndian) === 0x0112) return view.getUint16(entry + 8, littleEndian);
  }
  return 1;
}
