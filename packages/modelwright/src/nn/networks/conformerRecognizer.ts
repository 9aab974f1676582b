import { spread } from '../../primitives/define.js';
import { requireWhole, requireWithin } from '../checks.js';
import type { Layer } from '../layer.js';
import { conformerLayer } from '../layers/conformer.js';
import { dense } from '../layers/dense.js';
import { drop } from '../layers/dropout.js';
import { defineLayer } from '../registry.js';
import type { NetworkOptions } from './digitsCnn.js';
import { checkFront, hearNear, type SpeechFrontOptions } from './speechRecognizer.js';

export interface ConformerRecognizerOptions extends NetworkOptions, SpeechFrontOptions {
  /** Conformer layers, of as many features as there are filters. Default: 3. */
  readonly layers?: number;
  /** Into how many parts attention divides the features. Default: 4. */
  readonly heads?: number;
  /** Units of the hidden layer of each feed-forward network. Default: 192. */
  readonly hidden?: number;
  /** Steps that the convolution of each layer looks at, an odd number. Default: 15. */
  readonly reach?: number;
  /** How much is dropped in training. Default: 0.1. */
  readonly dropoutRate?: number;
}

const defaults = { layers: 3, heads: 4, hidden: 192, reach: 15, dropoutRate: 0.1 } as const;

const make = defineLayer<ConformerRecognizerOptions>({
  type: 'conformerRecognizer',
  call(context, config, waveform) {
    const { layers, heads, hidden, reach, dropoutRate } = { ...defaults, ...config };
    let x = drop(context, hearNear(context, config, waveform!).near, dropoutRate);
    for (let i = 0; i < layers; i++) {
      const layer = conformerLayer({ heads, hidden, kernelSize: reach, dropoutRate });
      x = layer.call(context.child(`layer${i}`), x);
    }
    return dense(config.classes).call(context.child('output'), x);
  },
  samples: () => [
    {
      name: 'conformerRecognizer',
      config: {
        ...{ classes: 3, filters: 4, kernelSize: 3, layers: 1, heads: 2, hidden: 3, reach: 3 },
        spectrogram: { sampleRate: 8000, fftSize: 8, hop: 4, mels: 3, floor: 2e-3 },
      },
      inputs: [spread([2, 31])],
      noFixture: 'made of layers that have fixtures',
    },
  ],
});

/**
 * A recogniser of speech for connectionist temporal classification whose encoder is a Conformer (Gulati et al., 2020): the spectrogram and
 * the convolutions of `speechRecognizer`, then layers of attention and convolution over the whole sound, and the classes of each step, of
 * which class 0 says nothing (blank). It needs the whole sound, and memory with the square of its length.
 *
 * Input float32 [batch, samples]; output logits [batch, steps, classes], a step being hop times the product of the strides.
 * @throws RangeError for an option outside its range
 */
export function conformerRecognizer(options: ConformerRecognizerOptions): Layer {
  const { classes, layers, heads, hidden, reach, dropoutRate } = { ...defaults, ...options };
  checkFront('conformerRecognizer', options);
  for (const [name, value] of Object.entries({ classes, layers, heads, hidden, reach }))
    requireWhole('conformerRecognizer', name, value);
  requireWithin('conformerRecognizer', 'dropoutRate', dropoutRate, 0, 1);
  return make(options);
}
