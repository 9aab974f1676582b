import { formatShape } from '../../graph/shape.js';
import { spread } from '../../primitives/define.js';
import { reshape, transpose } from '../../primitives/index.js';
import { knownSize, requireWhole } from '../checks.js';
import type { Layer } from '../layer.js';
import { dense } from '../layers/dense.js';
import { dropout } from '../layers/dropout.js';
import { gru } from '../layers/recurrentCells.js';
import { sequential } from '../layers/sequential.js';
import { defineLayer } from '../registry.js';
import { type AudioNetworkOptions, audioFront, convolutionBlocks } from './audioCnn.js';

export interface AudioCrnnOptions extends AudioNetworkOptions {
  /** Units of the recurrent layer in each direction. Default: 48. */
  readonly units?: number;
}

const makeToSequence = defineLayer<Record<string, never>>({
  type: 'framesToSequence',
  call(_context, _config, x) {
    if (x!.rank !== 4)
      throw new TypeError(`expected [batch, channels, rows, frames], but got ${formatShape(x!.shape)}.`);
    const [batch, , , frames] = x!.shape;
    const features = knownSize(x!, 1, 'the number of channels') * knownSize(x!, 2, 'the number of rows');
    return reshape(transpose(x!, [0, 3, 1, 2]), [batch!, frames!, features]);
  },
  samples: () => [{ name: 'framesToSequence', config: {}, inputs: [spread([2, 2, 2, 3])] }],
});

/** Pictures of sound as what recurrent layers read: [batch, channels, rows, frames] to [batch, frames, channels rows]. */
export function framesToSequence(): Layer {
  return makeToSequence({});
}

/**
 * A convolutional recurrent network for sounds (Çakır et al., 2017): a mel spectrogram, blocks of convolutions that shorten pitch by 8
 * and time by 4, a GRU in both directions, and one dense layer over its last states.
 *
 * Input float32 [batch, samples]; output logits [batch, classes].
 */
export function audioCrnn(options: AudioCrnnOptions): Layer {
  const { classes, widths = [24, 32, 48], dropoutRate = 0.3, units = 48 } = options;
  requireWhole('audioCrnn', 'units', units);
  return sequential(
    ...audioFront(options),
    ...convolutionBlocks('audioCrnn', widths, [
      [2, 2],
      [2, 2],
      [2, 1],
    ]),
    framesToSequence(),
    gru(units, { bidirectional: true, return: 'last' }),
    dropout(dropoutRate),
    dense(classes),
  );
}
