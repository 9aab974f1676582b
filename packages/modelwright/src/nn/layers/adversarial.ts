// A generator and a discriminator as one model, with a layer for each of the two steps that train them in turn.
import { formatShape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { spread } from '../../primitives/define.js';
import { add, concat, mul, reshape, sqrt, square, sub, sum } from '../../primitives/index.js';
import { gradients } from '../../transforms/grad.js';
import { requireFloats } from '../checks.js';
import type { Context } from '../context.js';
import type { Layer } from '../layer.js';
import { defineLayer } from '../registry.js';
import { activation } from './activation.js';
import { batchNorm } from './batchNorm.js';
import { conv2d } from './convolution.js';
import { dense } from './dense.js';
import { flatten, reshapeTo } from './reshaping.js';
import { sequential } from './sequential.js';

export interface AdversaryOptions {
  /** Of latent vectors [batch, latent], and labels int32 [batch] where `conditional`, makes data from -1 to 1. */
  readonly generator: Layer;
  /** Of data, and labels where `conditional`, gives scores [batch, 1]: high for what it takes for real. */
  readonly discriminator: Layer;
  /** Whether both are given labels too. Default: false. */
  readonly conditional?: boolean;
}

export interface DiscriminatorStepOptions extends AdversaryOptions {
  /** Whether the slope of the score between real and generated data is given too. Default: false. */
  readonly penalty?: boolean;
}

/** Keeps the root of a slope's square away from 0, where the root has no slope. */
const small = 1e-12;

/** Data from 0 to 1, as pictures come, as data from -1 to 1. */
const centred = (x: Tensor): Tensor => sub(mul(x, 2), 1);

interface Players {
  readonly generate: () => Tensor;
  readonly judge: (x: Tensor) => Tensor;
  /** The same, of which the gradient may be differentiated again. */
  readonly judgeTwice: (x: Tensor) => Tensor;
}

function playersOf(
  context: Context,
  { generator, discriminator }: AdversaryOptions,
  latent: Tensor,
  labels: readonly Tensor[],
): Players {
  const judgeIn = (own: Context, x: Tensor): Tensor => {
    const scores = discriminator.call(own, x, ...labels);
    if (scores.rank === 2 && scores.shape[1] === 1) return scores;
    throw new TypeError(
      `a discriminator gives scores [batch, 1], but this one gives ${formatShape(scores.shape)}.`,
    );
  };
  return {
    generate: () => generator.call(context.child('generator'), latent, ...labels),
    judge: (x) => judgeIn(context.child('discriminator'), x),
    judgeTwice: (x) => judgeIn(context.child('discriminator').differentiatedTwice(), x),
  };
}

/** The length of the score's gradient with respect to data that lie a random way between real and generated ones, [batch, 1]. */
function slope(judge: Players['judgeTwice'], real: Tensor, fake: Tensor, share: Tensor): Tensor {
  const weight = reshape(share, [share.shape[0]!, ...real.shape.slice(1).map(() => 1)]);
  const between = add(fake, mul(sub(real, fake), weight));
  const [gradient] = gradients(sum(judge(between)), [between]);
  const squares = sum(square(reshape(gradient!, [gradient!.shape[0]!, -1])), 1, true);
  return sqrt(add(squares, small));
}

const makeDiscriminatorStep = defineLayer<DiscriminatorStepOptions>({
  type: 'discriminatorStep',
  call(context, config, data, latent, ...others) {
    requireFloats(data!);
    const { conditional = false, penalty = false } = config;
    const labels = conditional ? [others[0]!] : [];
    const { generate, judge, judgeTwice } = playersOf(context, config, latent!, labels);
    const [real, fake] = [centred(data!), generate()];
    const scores = [judge(real), judge(fake)];
    if (penalty) scores.push(slope(judgeTwice, real, fake, others.at(-1)!));
    return concat(scores, 1);
  },
  samples: () => {
    const inputs = [spread([2, 1, 3, 3], 0, 1), spread([2, 3], -1, 1)];
    const players = samplePlayers();
    return [
      { name: 'discriminatorStep', config: players, inputs },
      {
        name: 'discriminatorStep penalty',
        config: { ...players, penalty: true },
        inputs: [...inputs, spread([2], 0, 1, 0.2)],
        training: true,
      },
      {
        name: 'discriminatorStep penalty batchNorm',
        config: {
          ...players,
          discriminator: sequential(
            conv2d(2, 2, { bias: false }),
            batchNorm(),
            activation('tanh'),
            flatten(),
            dense(1),
          ),
          penalty: true,
        },
        inputs: [...inputs, spread([2], 0, 1, 0.2)],
        training: true,
      },
    ];
  },
});

const makeGeneratorStep = defineLayer<AdversaryOptions>({
  type: 'generatorStep',
  call(context, config, _data, latent, ...others) {
    const { generate, judge } = playersOf(context, config, latent!, config.conditional ? [others[0]!] : []);
    return judge(generate());
  },
  samples: () => [
    {
      name: 'generatorStep',
      config: samplePlayers(),
      inputs: [spread([2, 1, 3, 3], 0, 1), spread([2, 3], -1, 1)],
    },
  ],
});

const samplePlayers = (): AdversaryOptions => ({
  generator: sequential(dense(9, { activation: 'tanh' }), reshapeTo([1, 3, 3])),
  discriminator: sequential(
    conv2d(2, 2, { bias: false }),
    activation('softplus'),
    conv2d(2, 2, { activation: 'tanh' }),
    flatten(),
    dense(1),
  ),
});

/**
 * What a discriminator is trained on (Goodfellow et al., 2014): its scores of real and of generated data, and with `penalty` the length of the
 * score's gradient at x = share real + (1 - share) generated (Gulrajani et al., 2017). Train the part `discriminator` alone on it, with
 * discriminatorLoss.
 *
 * Inputs: data from 0 to 1 [batch, ..]; latent vectors [batch, latent]; with `conditional` labels int32 [batch]; with `penalty` shares from
 * 0 to 1, [batch]. Output [batch, 2], real before generated, or [batch, 3]. Parameters: those of `generator` and `discriminator`.
 */
export function discriminatorStep(options: DiscriminatorStepOptions): Layer {
  return makeDiscriminatorStep(options);
}

/**
 * What a generator is trained on: the discriminator's scores of what it makes. Train the part `generator` alone on it, with generatorLoss.
 *
 * Inputs those of discriminatorStep, of which data and shares are not looked at; output [batch, 1]. Parameters those of discriminatorStep.
 */
export function generatorStep(options: AdversaryOptions): Layer {
  return makeGeneratorStep(options);
}
