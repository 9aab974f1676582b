import type { NdArray } from '../../graph/array.js';
import { Graph } from '../../graph/graph.js';
import { input, type Tensor } from '../../graph/tensor.js';
import { cast, clip, resize, round } from '../../primitives/index.js';
import { threadRuntime } from '../../runtime/thread.js';

/** Brings pictures to one size as the saved model's graph does, so that a served model sees what its training saw. */
export interface Resizer {
  resize(image: NdArray): Promise<NdArray>;
  release(): Promise<void>;
}

/** Images uint8 [batch, channels, height, width] stretched to a size, in whole pixel values. */
function stretched(images: Tensor, size: readonly [number, number]): Tensor {
  return cast(clip(round(resize(cast(images, 'float32'), size)), 0, 255), 'uint8');
}

/**
 * @param size [height, width] in pixels
 * @param bring how pictures are brought to the size. Default: stretched
 */
export async function openResizer(
  channels: number,
  size: readonly [number, number],
  bring: typeof stretched = stretched,
): Promise<Resizer> {
  const image = input('image', 'uint8', [1, channels, 'height', 'width']);
  const executable = await threadRuntime().compile(new Graph([image], [bring(image, size)]));
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
