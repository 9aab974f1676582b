import { spread } from '../../primitives/define.js';
import { reshape } from '../../primitives/index.js';
import type { Layer } from '../layer.js';
import { defineLayer } from '../registry.js';

const makeFlatten = defineLayer<Record<string, never>>({
  type: 'flatten',
  call: (_context, _config, x) => reshape(x!, [x!.shape[0]!, -1]),
  samples: () => [{ name: 'flatten', config: {}, inputs: [spread([2, 3, 2])] }],
});

const makeReshape = defineLayer<{ readonly shape: readonly number[] }>({
  type: 'reshapeTo',
  call: (_context, { shape }, x) => reshape(x!, [x!.shape[0]!, ...shape]),
  samples: () => [
    { name: 'reshapeTo', config: { shape: [2, -1] }, inputs: [spread([2, 3, 4])] },
    { name: 'reshapeTo image', config: { shape: [1, 2, 3] }, inputs: [spread([1, 6])] },
  ],
});

/** All axes but the batch as one: [batch, ..] to [batch, features]. */
export function flatten(): Layer {
  return makeFlatten({});
}

/**
 * Each example in another shape of equal size: [batch, ..] to [batch, ..shape].
 * @param shape without the batch; one size may be -1, which stands for whatever is left
 * @throws RangeError when a size is neither a whole number of at least 1 nor -1
 */
export function reshapeTo(shape: readonly number[]): Layer {
  const wrong = shape.some((size) => !Number.isInteger(size) || (size < 1 && size !== -1));
  if (wrong || shape.filter((size) => size === -1).length > 1) {
    throw new RangeError(
      `reshapeTo: a shape holds whole numbers of at least 1, and -1 once at most, but this is [${shape.join(', ')}].`,
    );
  }
  return makeReshape({ shape });
}
