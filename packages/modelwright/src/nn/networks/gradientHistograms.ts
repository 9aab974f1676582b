import type { Layer } from '../layer.js';
import { dense } from '../layers/dense.js';
import { type OrientedGradientsOptions, orientedGradients } from '../layers/orientedGradients.js';
import { flatten } from '../layers/reshaping.js';
import { sequential } from '../layers/sequential.js';
import type { NetworkOptions } from './digitsCnn.js';

export interface GradientHistogramsOptions extends NetworkOptions, OrientedGradientsOptions {}

/**
 * Histograms of oriented gradients and one dense layer that sees each place by itself: for small pictures in which everything has its place,
 * such as faces cut out alike, where there are too few to learn what edges matter.
 *
 * Input [batch, channels, height, width], of deviation about 1 and of one size; output logits [batch, classes].
 */
export function gradientHistograms({ classes, ...options }: GradientHistogramsOptions): Layer {
  return sequential(orientedGradients(options), flatten(), dense(classes));
}
