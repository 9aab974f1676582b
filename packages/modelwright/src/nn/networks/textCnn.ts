import type { Layer } from '../layer.js';
import { dense } from '../layers/dense.js';
import { dropout } from '../layers/dropout.js';
import { sequential } from '../layers/sequential.js';
import { type TextConvolutionOptions, textConvolution } from '../layers/textConvolution.js';
import type { NetworkOptions } from './digitsCnn.js';

export interface TextCnnOptions extends NetworkOptions, TextConvolutionOptions {
  /** How much of what the filters found is dropped before the last layer. Default: 0.5. */
  readonly dropoutRate?: number;
}

/**
 * A convolutional network for sentences (Kim, 2014).
 *
 * Input token ids, integers [batch, time], 0 for padding; output logits [batch, classes].
 */
export function textCnn({ classes, dropoutRate = 0.5, ...convolution }: TextCnnOptions): Layer {
  return sequential(textConvolution(convolution), dropout(dropoutRate), dense(classes));
}
