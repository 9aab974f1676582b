import { NdArray } from '../../graph/array.js';
import type { Tensor } from '../../graph/tensor.js';
import { spread } from '../../primitives/define.js';
import { add, concat, mul, sum } from '../../primitives/index.js';
import { requireWhole } from '../checks.js';
import type { Context } from '../context.js';
import type { Layer } from '../layer.js';
import { activation } from '../layers/activation.js';
import { batchNorm } from '../layers/batchNorm.js';
import { conv2d } from '../layers/convolution.js';
import { convTranspose2d } from '../layers/convolutionTranspose.js';
import { dense } from '../layers/dense.js';
import { embedding } from '../layers/embedding.js';
import { flatten, reshapeTo } from '../layers/reshaping.js';
import { sequential } from '../layers/sequential.js';
import { spectralNorm } from '../layers/spectralNorm.js';
import { defineLayer } from '../registry.js';

export interface DcganOptions {
  /** Height and width of the pictures: 4, 5, 6 or 7 times a power of two, from 8 up. */
  readonly size: number;
  /** 1 for grey, 3 for colour. */
  readonly channels: number;
  /** Number of classes where pictures of a class are to be made. Default: none. */
  readonly classes?: number;
  /** Channels at half the pictures' size; twice as many at each size below. Default: 64. */
  readonly width?: number;
}

export interface DcganDiscriminatorOptions extends DcganOptions {
  /** Whether every weight is divided by its spectral norm. Default: true. */
  readonly spectral?: boolean;
}

/** As in the paper. */
const start = { name: 'normal', standardDeviation: 0.02 } as const;

/** How often a size is halved until it is 4 .. 7, and what it is then. */
function halvings(who: string, size: number): { readonly steps: number; readonly least: number } {
  let [steps, least] = [0, size];
  for (; least > 7 && least % 2 === 0; least /= 2) steps++;
  if (steps > 0 && least >= 4 && least <= 7) return { steps, least };
  throw new RangeError(
    `${who}: the size ${size} is not 4, 5, 6 or 7 times a power of two, such as 28, 32, 48 or 64.`,
  );
}

/** The latent vector, with a vector for the class behind it: of length 1, or pictures of a class would hardly heed the latent vector. */
function conditioned(
  context: Context,
  latent: Tensor,
  classes: number | undefined,
  label: Tensor | undefined,
): Tensor {
  if (classes === undefined) return latent;
  const width = latent.shape[1] as number;
  const vector = embedding(classes, width, {
    initializer: { name: 'normal', standardDeviation: 1 / Math.sqrt(width) },
  });
  return concat([latent, vector.call(context.child('class'), label!)], 1);
}

const makeGenerator = defineLayer<DcganOptions>({
  type: 'dcganGenerator',
  call(context, { size, channels, classes, width = 64 }, latent, label) {
    const { steps, least } = halvings('dcganGenerator', size);
    const widest = width * 2 ** (steps - 1);
    const up = (filters: number): Layer =>
      convTranspose2d(filters, 4, { strides: 2, padding: 1, bias: false, initializer: start });
    const inner = Array.from({ length: steps - 1 }, (_, i) => [
      up(widest / 2 ** (i + 1)),
      batchNorm(),
      activation('relu'),
    ]);
    const network = sequential(
      dense(widest * least * least, { bias: false, initializer: start }),
      reshapeTo([widest, least, least]),
      batchNorm(),
      activation('relu'),
      ...inner.flat(),
      convTranspose2d(channels, 4, { strides: 2, padding: 1, initializer: start, activation: 'tanh' }),
    );
    return network.call(context.child('network'), conditioned(context, latent!, classes, label));
  },
  samples: () => [
    {
      name: 'dcganGenerator',
      config: { size: 8, channels: 1, width: 2 },
      inputs: [spread([2, 3])],
      training: true,
      noFixture: 'made of layers that have fixtures',
    },
    {
      name: 'dcganGenerator classes',
      config: { size: 16, channels: 3, width: 2, classes: 4 },
      inputs: [spread([2, 3]), NdArray.from([3, 1], 'int32')],
      training: true,
      noDifferences: 'a relu bends within the reach of the differences',
      noFixture: 'made of layers that have fixtures',
    },
  ],
});

const makeDiscriminator = defineLayer<DcganDiscriminatorOptions>({
  type: 'dcganDiscriminator',
  call(context, { size, classes, width = 64, spectral = true }, x, label) {
    const { steps } = halvings('dcganDiscriminator', size);
    const limited = (layer: Layer): Layer => (spectral ? spectralNorm(layer) : layer);
    const down = Array.from({ length: steps }, (_, i) => [
      limited(conv2d(width * 2 ** i, 4, { strides: 2, padding: 1, initializer: start })),
      activation({ name: 'leakyRelu', slope: 0.2 }),
    ]);
    const features = sequential(...down.flat(), flatten()).call(context.child('network'), x!);
    const score = limited(dense(1, { initializer: start })).call(context.child('score'), features);
    if (classes === undefined) return score;
    const directions = limited(embedding(classes, features.shape[1] as number, { initializer: start }));
    return add(score, sum(mul(directions.call(context.child('class'), label!), features), 1, true));
  },
  samples: () => [
    {
      name: 'dcganDiscriminator',
      config: { size: 8, channels: 1, width: 2 },
      inputs: [spread([2, 1, 8, 8])],
      noFixture: 'made of layers that have fixtures',
    },
    {
      name: 'dcganDiscriminator classes',
      config: { size: 8, channels: 3, width: 2, classes: 4, spectral: false },
      inputs: [spread([2, 3, 8, 8]), NdArray.from([3, 1], 'int32')],
      noFixture: 'made of layers that have fixtures',
    },
  ],
});

/**
 * The generator of a deep convolutional generative adversarial network (Radford et al., 2016): a dense layer, then transposed convolutions that
 * each double the size, with batch normalisation and relu between them and tanh at the end. With classes, a vector for the class is put
 * behind the latent vector.
 *
 * Inputs: latent vectors [batch, latent]; with classes labels int32 [batch]. Output [batch, channels, size, size], from -1 to 1.
 * @throws RangeError for a size that is not 4 .. 7 times a power of two
 */
export function dcganGenerator(options: DcganOptions): Layer {
  check('dcganGenerator', options);
  return makeGenerator(options);
}

/**
 * The discriminator to dcganGenerator: convolutions that each halve the size, with leaky relu, then one score; with classes also the product of
 * the features with a direction for the class (Miyato and Koyama, 2018). It has no batch normalisation, so that its gradient may be
 * penalised.
 *
 * Inputs: pictures [batch, channels, size, size], from -1 to 1; with classes labels int32 [batch]. Output [batch, 1].
 * @throws RangeError for a size that is not 4 .. 7 times a power of two
 */
export function dcganDiscriminator(options: DcganDiscriminatorOptions): Layer {
  check('dcganDiscriminator', options);
  return makeDiscriminator(options);
}

function check(who: string, { size, channels, classes, width = 64 }: DcganOptions): void {
  for (const [name, value] of Object.entries({ size, channels, width, classes: classes ?? 1 })) {
    requireWhole(who, name, value);
  }
  halvings(who, size);
}
