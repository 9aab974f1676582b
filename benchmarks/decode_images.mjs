// Decodes an image folder (`<class>/<file>`) for the Python references, which need no image library then:
//   node decode_images.mjs FOLDER SIZE OUT
// writes OUT/images.npy, uint8 [image, 3, SIZE, SIZE], OUT/labels.npy, int32 [image] (the class's place among the
// sorted class names), and OUT/places.npy, int32 [image] (the file's place among its class's sorted names).
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';

/** A NumPy file, format 1.0: its header padded so that the data begins at a multiple of 64 bytes. */
function npy(descr, shape, data) {
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape.join(', ')},), }`;
  const padded = `${header.padEnd(Math.ceil((header.length + 11) / 64) * 64 - 11)}\n`;
  const start = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, padded.length & 255, padded.length >> 8]);
  return Buffer.concat([start, Buffer.from(padded, 'latin1'), Buffer.from(data.buffer)]);
}

/** The image stretched to size x size, as RGB planes. */
async function planes(file, size) {
  const pixels = await sharp(file)
    .resize(size, size, { fit: 'fill' })
    .flatten()
    .toColourspace('srgb')
    .raw()
    .toBuffer();
  const area = size * size;
  return Uint8Array.from({ length: 3 * area }, (_, i) => pixels[(i % area) * 3 + Math.floor(i / area)]);
}

const [folder, sizeText, out] = process.argv.slice(2);
const size = Number(sizeText);
const files = [];
for (const [label, name] of (await readdir(folder)).sort().entries()) {
  for (const [place, file] of (await readdir(join(folder, name))).sort().entries()) {
    files.push({ path: join(folder, name, file), label, place });
  }
}
const images = new Uint8Array(files.length * 3 * size * size);
for (const [i, { path }] of files.entries()) images.set(await planes(path, size), i * 3 * size * size);
const column = (name) =>
  npy(
    '<i4',
    [files.length],
    Int32Array.from(files, (file) => file[name]),
  );
await mkdir(out, { recursive: true });
await writeFile(join(out, 'images.npy'), npy('|u1', [files.length, 3, size, size], images));
await writeFile(join(out, 'labels.npy'), column('label'));
await writeFile(join(out, 'places.npy'), column('place'));
