import sharp from 'sharp';
import type { NdArray } from '../../graph/array.js';
import { encodePng } from '../images.js';
import type { Corners } from './annotations.js';

/** A box to draw, and what to write at it. */
export interface DrawnBox {
  readonly box: Corners;
  readonly text: string;
  /** Boxes of equal numbers have equal colours. */
  readonly colour: number;
}

/** Okabe and Ito's colours, which people with any common colour blindness can tell apart. */
const colours = ['#D55E00', '#0072B2', '#009E73', '#CC79A7', '#56B4E9', '#E69F00'];

/** A picture with boxes and their texts drawn on it, as the bytes of a PNG. @param image uint8 `[1 or 3, height, width]` */
export async function drawBoxes(image: NdArray, boxes: readonly DrawnBox[]): Promise<Uint8Array> {
  const [, height, width] = image.shape as [number, number, number];
  const overlay = Buffer.from(boxesSvg(width, height, boxes));
  return sharp(await encodePng(image))
    .toColourspace('srgb')
    .composite([{ input: overlay, top: 0, left: 0 }])
    .png()
    .toBuffer();
}

/** The boxes alone, for laying over a picture of this size. */
export function boxesSvg(width: number, height: number, boxes: readonly DrawnBox[]): string {
  const line = Math.max(1, Math.round(Math.max(width, height) / 300));
  const letters = Math.max(8, Math.round(Math.max(width, height) / 45));
  const drawn = boxes.map(({ box: [x1, y1, x2, y2], text, colour }) => {
    const paint = colours[colour % colours.length]!;
    const [x, y] = [Math.max(0, x1), Math.max(0, y1)];
    const label = Math.min(width - 1, text.length * letters * 0.58 + 4);
    const left = Math.max(0, Math.min(x, width - label));
    const top = y >= letters + 4 ? y - letters - 4 : y;
    return [
      `<rect x="${x1.toFixed(1)}" y="${y1.toFixed(1)}" width="${(x2 - x1).toFixed(1)}" height="${(y2 - y1).toFixed(1)}" ` +
        `fill="none" stroke="${paint}" stroke-width="${line}"/>`,
      `<rect x="${left.toFixed(1)}" y="${top.toFixed(1)}" width="${label.toFixed(1)}" height="${letters + 4}" fill="${paint}"/>`,
      `<text x="${(left + 2).toFixed(1)}" y="${(top + letters).toFixed(1)}" font-family="sans-serif" font-size="${letters}" ` +
        `fill="#ffffff">${escaped(text)}</text>`,
    ].join('');
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${drawn.join('')}</svg>`;
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
