import { formatShape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { spread } from '../../primitives/define.js';
import { max, mean } from '../../primitives/index.js';
import { requireFloats } from '../checks.js';
import type { Layer } from '../layer.js';
import { defineLayer } from '../registry.js';

export interface GlobalPoolOptions {
  /** Whether the axes of space stay, with size 1. Default: false. */
  readonly keepDimensions?: boolean;
}

function globalPoolingLayer(
  type: string,
  reduce: (x: Tensor, axes: readonly number[], keepDimensions: boolean) => Tensor,
) {
  return defineLayer<GlobalPoolOptions>({
    type,
    call(_context, { keepDimensions = false }, x) {
      requireFloats(x!);
      if (x!.rank < 3)
        throw new TypeError(
          `expected [batch, channels, ..space], but got ${formatShape(x!.shape)}, which has no space to pool.`,
        );
      return reduce(
        x!,
        x!.shape.slice(2).map((_, axis) => axis + 2),
        keepDimensions,
      );
    },
    samples: () => [
      { name: type, config: {}, inputs: [spread([2, 3, 4, 2])] },
      { name: `${type} kept`, config: { keepDimensions: true }, inputs: [spread([1, 2, 3])] },
    ],
  });
}

const makeAverage = globalPoolingLayer('globalAveragePool', mean);
const makeMax = globalPoolingLayer('globalMaxPool', max);

/** The mean over all axes of space: [batch, channels, ..space] to [batch, channels] (Lin et al., 2014). */
export function globalAveragePool(options: GlobalPoolOptions = {}): Layer {
  return makeAverage(options);
}

/** The largest value over all axes of space: [batch, channels, ..space] to [batch, channels]. */
export function globalMaxPool(options: GlobalPoolOptions = {}): Layer {
  return makeMax(options);
}
