import { NdArray } from '../../graph/array.js';
import type { Tensor } from '../../graph/tensor.js';
import { add, concat, mul, reshape, slice, transpose } from '../../primitives/index.js';
import { knownSize, requireSpace, requireWhole } from '../checks.js';
import { initializer, zeros } from '../initializers.js';
import type { Layer } from '../layer.js';
import { conv2d } from '../layers/convolution.js';
import { dense } from '../layers/dense.js';
import { drop } from '../layers/dropout.js';
import { layerNorm } from '../layers/normalization.js';
import { sequential } from '../layers/sequential.js';
import { checkTransformer, checkWidth, transformerEncoderLayer } from '../layers/transformer.js';
import { defineLayer } from '../registry.js';
import type { NetworkOptions } from './digitsCnn.js';

export interface VitOptions extends NetworkOptions {
  /** Height and width of the patches that an image is cut into, in pixels. Default: 16. */
  readonly patch?: number;
  /** Features of each patch. Default: 768. */
  readonly width?: number;
  /** Encoder layers. Default: 12. */
  readonly layers?: number;
  /** Default: 12. */
  readonly heads?: number;
  /** Units of the feed-forward networks. Default: four times the width. */
  readonly hidden?: number;
  /** Default: 0. */
  readonly dropoutRate?: number;
}

interface PatchOptions {
  readonly patch: number;
  readonly width: number;
  readonly dropoutRate: number;
}

const small = { name: 'normal', standardDeviation: 0.02 } as const;

/** Patches of an image as vectors, a class token in front of them, positions added: [batch, 1 + patches, width]. */
const patchEmbedding = defineLayer<PatchOptions>({
  type: 'patchEmbedding',
  call(context, { patch, width, dropoutRate }, x) {
    requireSpace(x!, 2);
    for (const axis of [2, 3]) {
      const size = knownSize(x!, axis, axis === 2 ? 'the height' : 'the width');
      if (size % patch !== 0)
        throw new TypeError(`an image of ${size} pixels does not divide into patches of ${patch}.`);
    }
    const patches = conv2d(width, patch, { strides: patch }).call(context.child('patches'), x!);
    const [batch, , rows, columns] = patches.shape;
    const count = (rows as number) * (columns as number);
    const sequence = transpose(reshape(patches, [batch!, width, count]), [0, 2, 1]);
    const token = context.parameter('classToken', [1, 1, width], zeros);
    const positions = context.parameter('positions', [1, count + 1, width], initializer(small));
    const joined = concat([add(nothing(sequence), token), sequence], 1);
    return drop(context, add(joined, positions), dropoutRate);
  },
  samples: () => [
    {
      name: 'patchEmbedding',
      noFixture: 'vit has one, networks.test.ts',
      config: { patch: 2, width: 3, dropoutRate: 0 },
      inputs: [
        NdArray.of(
          'float32',
          [2, 1, 4, 4],
          Array.from({ length: 32 }, (_, i) => Math.sin(i)),
        ),
      ],
    },
  ],
});

/** Zeros [batch, 1, width], the batch open or not: nothing of the first patch. */
const nothing = (sequence: Tensor): Tensor => mul(slice(sequence, 1, 0, 1), 0);

/** The first vector of a sequence. */
const firstToken = defineLayer<Record<string, never>>({
  type: 'firstToken',
  call: (_context, _config, x) => reshape(slice(x!, 1, 0, 1), [x!.shape[0]!, x!.shape[2]!]),
  samples: () => [
    {
      name: 'firstToken',
      noFixture: 'vit has one, networks.test.ts',
      config: {},
      inputs: [
        NdArray.from([
          [
            [1, 2],
            [3, 4],
          ],
        ]),
      ],
    },
  ],
});

/**
 * A Vision Transformer (Dosovitskiy et al., 2021): patches of the image as a sequence, a class token in front, encoder layers with the
 * normalisation in front, and a linear layer on the token. ViT-B/16, the default, has 86,567,656 parameters for images of 224 x 224
 * and 1,000 classes, as in torchvision.
 *
 * Input [batch, channels, height, width], height and width multiples of the patch and always the same, output logits [batch, classes].
 * @throws RangeError for an option outside its range
 */
export function vit(options: VitOptions): Layer {
  const {
    classes,
    patch = 16,
    width = 768,
    layers = 12,
    heads = 12,
    hidden = 4 * width,
    dropoutRate = 0,
  } = options;
  for (const [name, value] of Object.entries({ classes, patch, layers })) requireWhole('vit', name, value);
  checkWidth('vit', width, heads);
  checkTransformer('vit', { heads, hidden, dropoutRate });
  const encoder = Array.from({ length: layers }, () =>
    transformerEncoderLayer({ heads, hidden, dropoutRate }),
  );
  const embedding = patchEmbedding({ patch, width, dropoutRate });
  return sequential(embedding, ...encoder, layerNorm({ epsilon: 1e-6 }), firstToken({}), dense(classes));
}

/**
 * A small Vision Transformer for images of 32 to 64 pixels: patches of 8, width 128, 4 layers of 4 heads, the feed-forward networks
 * twice as wide.
 *
 * Input [batch, channels, height, width], output logits [batch, classes].
 */
export function vitSmall(options: VitOptions): Layer {
  return vit({ patch: 8, width: 128, layers: 4, heads: 4, hidden: 256, dropoutRate: 0.1, ...options });
}
