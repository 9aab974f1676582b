import { formatShape } from '../../graph/shape.js';
import { spread } from '../../primitives/define.js';
import { add, mul, neg, relu, reshape } from '../../primitives/index.js';
import {
  type Activation,
  type ActivationName,
  activate,
  activations,
  checkActivation,
} from '../activations.js';
import { knownSize, requireFloats } from '../checks.js';
import { initializer } from '../initializers.js';
import type { Layer } from '../layer.js';
import { defineLayer, type LayerSample } from '../registry.js';

const make = defineLayer<{ readonly activation: Activation }>({
  type: 'activation',
  call(_context, { activation }, x) {
    requireFloats(x!);
    return activate(x!, activation);
  },
  samples: (): LayerSample<{ readonly activation: Activation }>[] => [
    ...(Object.keys(activations) as ActivationName[]).map((activation) => ({
      name: `activation ${activation}`,
      config: { activation },
      inputs: [spread([2, 5], -4, 4)],
    })),
    {
      name: 'activation leakyRelu slope',
      config: { activation: { name: 'leakyRelu', slope: 0.2 } },
      inputs: [spread([2, 3])],
    },
    {
      name: 'activation elu alpha',
      config: { activation: { name: 'elu', alpha: 0.5 } },
      inputs: [spread([2, 3])],
    },
    {
      name: 'activation softmax channels',
      config: { activation: 'softmax' },
      inputs: [spread([2, 3, 2, 2])],
    },
  ],
});

const makePrelu = defineLayer<{ readonly start?: number }>({
  type: 'prelu',
  call(context, { start = 0.25 }, x) {
    requireFloats(x!);
    if (x!.rank < 2)
      throw new TypeError(`expected [batch, channels, ..space], but got ${formatShape(x!.shape)}.`);
    const channels = knownSize(x!, 1, 'the number of channels');
    const slope = context.parameter('slope', [channels], initializer({ name: 'constant', value: start }));
    const column = reshape(slope, [channels, ...x!.shape.slice(2).map(() => 1)]);
    return add(relu(x!), mul(neg(relu(neg(x!))), column));
  },
  samples: () => [{ name: 'prelu', config: {}, inputs: [spread([2, 3, 2, 2])] }],
});

/**
 * An activation as a layer: `activation('relu')`, `activation({ name: 'leakyRelu', slope: 0.2 })`. Each value alone, except
 * softmax and logSoftmax, which run over the last axis, or over the channels of images.
 * @throws TypeError naming the activations there are
 */
export function activation(activation: Activation): Layer {
  checkActivation('activation', activation);
  return make({ activation });
}

/**
 * x, or slope x where x < 0, with a slope to learn for each channel (He et al., 2015).
 *
 * Input [batch, channels, ..space], output the same. Parameters: slope [channels], all `start` (default 0.25).
 */
export function prelu(start = 0.25): Layer {
  return makePrelu({ start });
}
