import type { NdArray } from '../../graph/array.js';
import { Graph } from '../../graph/graph.js';
import { input } from '../../graph/tensor.js';
import { cast, clip, resize, round } from '../../primitives/index.js';
import { threadRuntime } from '../../runtime/thread.js';

/** Brings pictures to one size as the saved model's graph does, so that a served model sees what its training saw. */
export interface Resizer {
  resize(image: NdArray): Promise<NdArray>;
  release(): Promise<void>;
}

/** @param size [height, width] in pixels */
export async function openResizer(channels: number, size: readonly [number, number]): Promise<Resizer> {
  const image = input('image', 'uint8', [1, channels, 'height', 'width']);
  const pixels = clip(round(resize(cast(image, 'float32'), size)), 0, 255);
  const executable = await threadRuntime().compile(new Graph([image], [cast(pixels, 'uint8')]));
  return {
    async resize(picture) {
      const [, height, width] = picture.shape;
      if (height === size[0] && width === size[1]) return picture;
      const [resized] = await executable.run([picture.reshape([1, ...picture.shape])]);
      return resized!.reshape([channels, ...size]);
    },
    release: () => executable.release(),
  };
}
