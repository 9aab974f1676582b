import { add, matmul } from '../../primitives/index.js';
import { spread } from '../../primitives/define.js';
import { type Activation, activate } from '../activations.js';
import { glorotUniform, zeros } from '../initializers.js';
import type { Layer } from '../layer.js';
import { defineLayer } from '../registry.js';

export interface DenseOptions {
  /** Applied to the result. Default: none. */
  readonly activation?: Activation;
  /** Whether a bias is added. Default: true. */
  readonly bias?: boolean;
}

const make = defineLayer<DenseOptions & { readonly units: number }>({
  type: 'dense',
  call(context, { units, activation, bias = true }, x) {
    const features = x!.shape.at(-1);
    if (typeof features !== 'number') throw new TypeError(`the last dimension of ${x} must be known.`);
    const weight = context.parameter('weight', [features, units], glorotUniform);
    const product = matmul(x!, weight);
    return activate(bias ? add(product, context.parameter('bias', [units], zeros)) : product, activation);
  },
  samples: () => [
    { name: 'dense', config: { units: 3, activation: 'relu' }, inputs: [spread([2, 4])] },
    { name: 'dense over time', config: { units: 3, bias: false }, inputs: [spread([2, 5, 4])] },
  ],
});

/**
 * A fully connected layer: activation(x W + b).
 *
 * Input [.., features], output [.., units]. Parameters: weight [features, units], Glorot uniform; bias [units], zeros.
 */
export function dense(units: number, options: DenseOptions = {}): Layer {
  if (!Number.isInteger(units) || units < 1) throw new RangeError(`dense: units must be a whole number of at least 1, but it is ${units}.`);
  return make({ units, ...options }) as Layer;
}
