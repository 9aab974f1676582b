// Layers side by side: their results added to what they were given, or joined.
import { formatShape, sameShape } from '../../graph/shape.js';
import { spread } from '../../primitives/define.js';
import { add, concat } from '../../primitives/index.js';
import { type Activation, activate, checkActivation } from '../activations.js';
import { isLayer, type Layer } from '../layer.js';
import { defineLayer } from '../registry.js';
import { conv2d } from './convolution.js';
import { dense } from './dense.js';

export interface ResidualOptions {
  /** What the input goes through before it is added, where the layers change its shape. Default: nothing. */
  readonly shortcut?: Layer;
  /** Applied to the sum. Default: none. */
  readonly activation?: Activation;
}

export interface ParallelOptions {
  /** The axis along which the results are joined. Default: 1, the channels. */
  readonly axis?: number;
}

const makeResidual = defineLayer<ResidualOptions & { readonly layers: readonly Layer[] }>({
  type: 'residual',
  call(context, { layers, shortcut, activation }, x) {
    const carried = shortcut ? shortcut.call(context.child('shortcut'), x!) : x!;
    const y = layers.reduce(
      (value, layer, position) => layer.call(context.child(String(position)), value),
      x!,
    );
    if (!sameShape(y.shape, carried.shape)) {
      throw new TypeError(
        `the layers make ${formatShape(y.shape)}, but the shortcut carries ${formatShape(carried.shape)}. Give a shortcut that makes the same shape, such as { shortcut: conv2d(${y.shape[1]}, 1, { strides }) }.`,
      );
    }
    return activate(add(y, carried), activation);
  },
  samples: () => [
    { name: 'residual', config: { layers: [dense(4, { activation: 'tanh' })] }, inputs: [spread([2, 4])] },
    {
      name: 'residual shortcut',
      config: { layers: [conv2d(3, 3, { padding: 1 })], shortcut: conv2d(3, 1), activation: 'relu' },
      inputs: [spread([2, 2, 3, 3])],
    },
  ],
});

const makeParallel = defineLayer<ParallelOptions & { readonly branches: readonly Layer[] }>({
  type: 'parallel',
  call(context, { branches, axis = 1 }, ...inputs) {
    const results = branches.map((branch, position) =>
      branch.call(context.child(String(position)), ...inputs),
    );
    return concat(results, axis);
  },
  samples: () => [
    {
      name: 'parallel',
      config: { branches: [conv2d(2, 1), conv2d(1, 3, { padding: 'same' })] },
      inputs: [spread([2, 2, 3, 3])],
    },
    {
      name: 'parallel last axis',
      config: { branches: [dense(2), dense(3)], axis: -1 },
      inputs: [spread([2, 2, 4])],
    },
  ],
});

/**
 * Layers around which the input also passes unchanged: activation(layers(x) + shortcut(x)) (He et al., 2016).
 *
 * `residual(conv2d(64, 3, { padding: 1 }), batchNorm(), { activation: 'relu' })`. Output: the shape that the layers make, which
 * must be the shape of the shortcut. Parameters are named '0', '1', ... and 'shortcut'.
 */
export function residual(...parts: readonly [...Layer[], ResidualOptions] | readonly Layer[]): Layer {
  const { layers, options } = separate<ResidualOptions>('residual', parts);
  checkActivation('residual', options.activation);
  return makeResidual({ layers, ...options });
}

/**
 * Layers that all get the same input, their outputs joined along an axis (Szegedy et al., 2015).
 *
 * `parallel(conv2d(32, 1), conv2d(32, 3, { padding: 'same' }))`. Outputs may differ along that axis alone. Parameters are named
 * '0', '1', ...
 */
export function parallel(...parts: readonly [...Layer[], ParallelOptions] | readonly Layer[]): Layer {
  const { layers: branches, options } = separate<ParallelOptions>('parallel', parts);
  return makeParallel({ branches, ...options });
}

function separate<Options extends object>(who: string, parts: readonly (Layer | Options)[]) {
  const layers = parts.filter((part): part is Layer => isLayer(part));
  if (layers.length === 0) throw new TypeError(`${who}: there are no layers in it.`);
  const options: Partial<Options> = parts.find((part): part is Options => !isLayer(part)) ?? {};
  return { layers, options };
}
