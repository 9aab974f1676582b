import { formatShape } from '../../graph/shape.js';
import { spread } from '../../primitives/define.js';
import { add, matmul } from '../../primitives/index.js';
import { type Activation, activate, checkActivation } from '../activations.js';
import { knownSize, requireFloats, requireWhole } from '../checks.js';
import { type InitializerConfig, initializer, zeros } from '../initializers.js';
import type { Layer } from '../layer.js';
import { defineLayer } from '../registry.js';

export interface DenseOptions {
  /** Applied to the result. Default: none. */
  readonly activation?: Activation;
  /** Whether a bias is added. Default: true. */
  readonly bias?: boolean;
  /** How the weight starts. Default: 'glorotUniform'. */
  readonly initializer?: InitializerConfig;
}

const make = defineLayer<DenseOptions & { readonly units: number }>({
  type: 'dense',
  call(context, { units, activation, bias = true, initializer: start = 'glorotUniform' }, x) {
    requireFloats(x!);
    if (x!.rank < 2 || x!.rank > 3) {
      const fix = x!.rank > 3 ? 'Did you mean to flatten() first?' : 'Is the batch missing?';
      throw new TypeError(
        `expected [batch, features] or [batch, time, features] for a weight of [features, ${units}], but got ${formatShape(x!.shape)}. ${fix}`,
      );
    }
    const weight = context.parameter(
      'weight',
      [knownSize(x!, -1, 'the number of features'), units],
      initializer(start),
    );
    const product = matmul(x!, weight);
    return activate(bias ? add(product, context.parameter('bias', [units], zeros)) : product, activation);
  },
  samples: () => [
    { name: 'dense', config: { units: 3, activation: 'relu' }, inputs: [spread([2, 4])] },
    { name: 'dense over time', config: { units: 3, bias: false }, inputs: [spread([2, 5, 4])] },
    { name: 'dense one row', config: { units: 2, initializer: 'orthogonal' }, inputs: [spread([1, 3])] },
  ],
});

/**
 * A fully connected layer: activation(x W + b).
 *
 * Input [batch, features] or [batch, time, features], output the same with `units` in the last place. Parameters: weight
 * [features, units], Glorot uniform; bias [units], zeros.
 * @throws RangeError unless units is a whole number of at least 1
 */
export function dense(units: number, options: DenseOptions = {}): Layer {
  requireWhole('dense', 'units', units);
  checkActivation('dense', options.activation);
  return make({ units, ...options });
}
