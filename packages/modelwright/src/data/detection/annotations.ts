import type { NdArray } from '../../graph/array.js';

/** Left, top, right and bottom of a box in pixels, measured from the top left corner of the image. */
export type Corners = readonly [x1: number, y1: number, x2: number, y2: number];

/** An object on an image. */
export interface ObjectBox {
  readonly label: string;
  readonly box: Corners;
  /** Whether it counts neither when it is found nor when it is missed: a crowd (COCO), or difficult (Pascal VOC). */
  readonly ignored?: boolean;
}

/** An image and what is on it. */
export interface AnnotatedImage {
  /** What messages call it. */
  readonly name: string;
  /** In pixels. */
  readonly width: number;
  readonly height: number;
  readonly objects: readonly ObjectBox[];
  /** Decodes it: uint8 `[3, height, width]`. */
  readonly read: () => Promise<NdArray<'uint8'>>;
}

/** Images to learn from, and those apart from them. */
export interface DetectionData {
  readonly train: readonly AnnotatedImage[];
  readonly validation: readonly AnnotatedImage[];
  readonly test: readonly AnnotatedImage[];
  readonly classNames: readonly string[];
}
