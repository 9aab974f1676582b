import type { ActivationName } from '../activations.js';
import type { Layer } from '../layer.js';
import { dense } from '../layers/dense.js';
import { dropout } from '../layers/dropout.js';
import { flatten } from '../layers/reshaping.js';
import { sequential } from '../layers/sequential.js';
import type { NetworkOptions } from './digitsCnn.js';

export interface MlpOptions extends NetworkOptions {
  /** Units of each hidden layer. Default: [512, 512]. */
  readonly hidden?: readonly number[];
  /** Applied after each hidden layer. Default: 'relu'. */
  readonly activation?: ActivationName;
  /** How much of each hidden layer is dropped. Default: 0. */
  readonly dropoutRate?: number;
}

/**
 * Fully connected layers one after another.
 *
 * Input [batch, ..], flattened first; output logits [batch, classes].
 */
export function mlp({
  classes,
  hidden = [512, 512],
  activation = 'relu',
  dropoutRate = 0,
}: MlpOptions): Layer {
  const layers = hidden.flatMap((units) => [
    dense(units, { activation }),
    ...(dropoutRate > 0 ? [dropout(dropoutRate)] : []),
  ]);
  return sequential(flatten(), ...layers, dense(classes));
}

/**
 * One dense layer, all that is linear: the baseline, and what the discriminant of `image-similarity` can be all of.
 *
 * Input [batch, ..], flattened first; output logits [batch, classes].
 */
export function linear({ classes }: NetworkOptions): Layer {
  return mlp({ classes, hidden: [] });
}
