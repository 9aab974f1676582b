import { NdArray } from '../graph/array.js';

/** A picture: uint8 `[channels, height, width]`, 1 (grey) or 3 (red, green, blue) channels. */
type Image = NdArray<'uint8'>;

/** Height and width in pixels; one number for a square. */
export type ImageSize = number | readonly [height: number, width: number];

/** The height and the width that a size says. */
export function sides(size: ImageSize): readonly [height: number, width: number] {
  return typeof size === 'number' ? [size, size] : size;
}

interface ImageShape {
  readonly data: Uint8Array<ArrayBuffer>;
  readonly channels: 1 | 3;
  readonly height: number;
  readonly width: number;
}

/**
 * The pixels and sizes of an image.
 *
 * @throws TypeError when the array is not uint8 `[1 or 3, height, width]`
 */
export function imageShape(image: NdArray): ImageShape {
  const [channels, height = 0, width = 0] = image.shape;
  const { data } = image;
  if (image.dtype !== 'uint8' || !(data instanceof Uint8Array) || image.shape.length !== 3) {
    throw new TypeError(
      `an image is uint8 [channels, height, width], but this array is ${image.dtype} [${image.shape.join(', ')}].`,
    );
  }
  if (channels !== 1 && channels !== 3) {
    throw new TypeError(
      `an image has 1 or 3 channels, but this one has ${channels}: [${image.shape.join(', ')}].`,
    );
  }
  return { data, channels, height, width };
}

/** The image mirrored: `horizontal` swaps left and right, `vertical` top and bottom. */
export function flip(image: NdArray, direction: 'horizontal' | 'vertical'): Image {
  const { data, channels, height, width } = imageShape(image);
  const flipped = new NdArray('uint8', image.shape);
  for (let row = 0; row < channels * height; row++) {
    const y = row % height;
    const from = (direction === 'vertical' ? row - y + (height - 1 - y) : row) * width;
    const line = flipped.data.subarray(row * width, (row + 1) * width);
    line.set(data.subarray(from, from + width));
    if (direction === 'horizontal') line.reverse();
  }
  return flipped;
}

/** The part of the image whose top left corner is (top, left); what lies outside the image is `fill`. */
export function crop(
  image: NdArray,
  top: number,
  left: number,
  cropHeight: number,
  cropWidth: number,
  fill = 0,
): Image {
  const { data, channels, height, width } = imageShape(image);
  const cropped = new NdArray('uint8', [channels, cropHeight, cropWidth]);
  if (fill !== 0) cropped.data.fill(fill);
  const from = Math.max(left, 0);
  const to = Math.min(left + cropWidth, width);
  if (from >= to) return cropped;
  for (let channel = 0; channel < channels; channel++) {
    for (let y = Math.max(top, 0); y < Math.min(top + cropHeight, height); y++) {
      const start = (channel * height + y) * width;
      const target = (channel * cropHeight + y - top) * cropWidth + from - left;
      cropped.data.set(data.subarray(start + from, start + to), target);
    }
  }
  return cropped;
}

/** How far from a point its colour is taken, in halves of width and height; the point itself goes from -1 to 1 on both axes. */
export type Distortion = (x: number, y: number) => readonly [x: number, y: number];

/** What is done to an image's frame; what is left out changes nothing. */
export interface Warp {
  /** Turned counter-clockwise about the centre. */
  readonly degrees?: number;
  /** Made so many times as large, about the centre. */
  readonly scale?: number;
  /** Moved to the right and down, in pixels. */
  readonly shift?: readonly [x: number, y: number];
  /** Turned as a head is: what is in the middle moves to the left by this share of half the width, what is at the sides stays. */
  readonly turn?: number;
  /** How far from its place each point is taken. */
  readonly distortion?: Distortion;
  /** What shows outside: a value, or the nearest pixel of the edge. Default: 0. */
  readonly fill?: number | 'edge';
}

/** The image turned, scaled, moved and distorted in its own frame, with bilinear sampling. */
export function warp(image: NdArray, options: Warp): Image {
  const { degrees = 0, scale = 1, shift = [0, 0], turn = 0, distortion, fill = 0 } = options;
  const { data, channels, height, width } = imageShape(image);
  const warped = new NdArray('uint8', image.shape);
  const radians = (degrees * Math.PI) / 180;
  const [cos, sin] = [Math.cos(radians) / scale, Math.sin(radians) / scale];
  const [centreX, centreY] = [(width - 1) / 2, (height - 1) / 2];
  const pixels = width * height;
  const inside = (value: number, size: number): number => Math.min(size - 1, Math.max(0, value));
  const pixel = (plane: number, x: number, y: number): number => {
    if (fill === 'edge') return data[plane + inside(y, height) * width + inside(x, width)]!;
    return x < 0 || y < 0 || x >= width || y >= height ? fill : data[plane + y * width + x]!;
  };
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [fromX, fromY] = [x - shift[0] - centreX, y - shift[1] - centreY];
      let sourceX = centreX + cos * fromX - sin * fromY;
      let sourceY = centreY + sin * fromX + cos * fromY;
      const across = (2 * (sourceX - centreX)) / width;
      if (turn !== 0 && Math.abs(across) < 1) sourceX += (turn * (1 - across ** 2) * width) / 2;
      if (distortion) {
        const [moveX, moveY] = distortion(across, (2 * (sourceY - centreY)) / height);
        sourceX += (moveX * width) / 2;
        sourceY += (moveY * height) / 2;
      }
      const left = Math.floor(sourceX);
      const top = Math.floor(sourceY);
      const u = sourceX - left;
      const v = sourceY - top;
      for (let channel = 0; channel < channels; channel++) {
        const plane = channel * pixels;
        const upper = (1 - u) * pixel(plane, left, top) + u * pixel(plane, left + 1, top);
        const lower = (1 - u) * pixel(plane, left, top + 1) + u * pixel(plane, left + 1, top + 1);
        warped.data[plane + y * width + x] = Math.round((1 - v) * upper + v * lower);
      }
    }
  }
  return warped;
}

/** The image turned counter-clockwise about its centre; `fill` shows outside. */
export function rotate(image: NdArray, degrees: number, fill = 0): Image {
  return warp(image, { degrees, fill });
}

/** The image lit from the right: each pixel times 1 + strength u, u from -1 at the left edge to 1 at the right one. */
export function shade(image: NdArray, strength: number): Image {
  const { data, width } = imageShape(image);
  const shaded = new NdArray('uint8', image.shape);
  const across = Math.max(1, width - 1);
  for (let i = 0; i < data.length; i++)
    shaded.data[i] = Math.round(clipped(data[i]! * (1 + strength * ((2 * (i % width)) / across - 1))));
  return shaded;
}

/** How to change colours; what is left out stays as it is. */
export interface ColourChange {
  /** Factor of all values: 0 is black, 1 changes nothing. */
  readonly brightness?: number;
  /** Blend with the mean of the grey image: 0 is plain grey, 1 changes nothing. */
  readonly contrast?: number;
  /** Blend with the grey image: 0 is grey, 1 changes nothing. */
  readonly saturation?: number;
  /** Turn of the colour circle: 1/3 makes red green; 0 changes nothing. */
  readonly hue?: number;
}

/**
 * Changes brightness, contrast, saturation and hue, in this order, each clipped to what a pixel can hold, as torchvision
 * does. Grey is 0.299 red + 0.587 green + 0.114 blue.
 */
export function adjustColour(image: NdArray, change: ColourChange): Image {
  const { data, channels } = imageShape(image);
  const { brightness = 1, contrast = 1, saturation = 1, hue = 0 } = change;
  const values = new Float32Array(data);
  const pixels = values.length / channels;
  const planes = Array.from({ length: 3 }, (_, i) => {
    const plane = Math.min(i, channels - 1);
    return values.subarray(plane * pixels, (plane + 1) * pixels);
  });
  const [red, green, blue] = planes as [Float32Array, Float32Array, Float32Array];
  if (brightness !== 1) blend(values, brightness, 0);
  if (contrast !== 1) {
    let total = 0;
    for (let i = 0; i < pixels; i++) total += 0.299 * red[i]! + 0.587 * green[i]! + 0.114 * blue[i]!;
    blend(values, contrast, total / pixels);
  }
  if (saturation !== 1 && channels === 3) {
    for (let i = 0; i < pixels; i++) {
      const grey = 0.299 * red[i]! + 0.587 * green[i]! + 0.114 * blue[i]!;
      red[i] = clipped(grey + saturation * (red[i]! - grey));
      green[i] = clipped(grey + saturation * (green[i]! - grey));
      blue[i] = clipped(grey + saturation * (blue[i]! - grey));
    }
  }
  if (hue !== 0 && channels === 3) turnHue(red, green, blue, hue);
  const result = new NdArray('uint8', image.shape);
  for (let i = 0; i < values.length; i++) result.data[i] = Math.floor(values[i]! + 0.5);
  return result;
}

const clipped = (value: number): number => Math.min(255, Math.max(0, value));

/** `values = other + factor * (values - other)`, clipped to [0, 255]. */
function blend(values: Float32Array, factor: number, other: number): void {
  for (let i = 0; i < values.length; i++) values[i] = clipped(other + factor * (values[i]! - other));
}

/** Turns the hue by a part of the circle, keeping saturation and value (HSV). */
function turnHue(red: Float32Array, green: Float32Array, blue: Float32Array, turn: number): void {
  for (let i = 0; i < red.length; i++) {
    const [r, g, b] = [red[i]!, green[i]!, blue[i]!];
    const value = Math.max(r, g, b);
    const chroma = value - Math.min(r, g, b);
    if (chroma === 0) continue;
    const sector = value === r ? (g - b) / chroma : value === g ? 2 + (b - r) / chroma : 4 + (r - g) / chroma;
    const turned = sector + 6 * turn;
    red[i] = component(5 + turned, value, chroma);
    green[i] = component(3 + turned, value, chroma);
    blue[i] = component(1 + turned, value, chroma);
  }
}

/** One colour of HSV: `place` is the hue in sixths of the circle, seen from the colour. */
function component(place: number, value: number, chroma: number): number {
  const k = place - 6 * Math.floor(place / 6);
  return value - chroma * Math.max(0, Math.min(k, 4 - k, 1));
}
