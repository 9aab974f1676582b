import type { Layer } from '../../nn/layer.js';
import { discriminatorStep, generatorStep } from '../../nn/layers/adversarial.js';
import { type AdversarialKind, discriminatorLoss, generatorLoss, type Loss } from '../../nn/losses/index.js';
import { dcganDiscriminator, dcganGenerator } from '../../nn/networks/index.js';
import { adam, type Optimizer } from '../../optim/index.js';
import type { ImageGenerationTrainOptions } from './options.js';

/** What is settled of a training once its pictures are known. */
export interface GenerationSettings {
  readonly kind: AdversarialKind;
  /** Classes that the generator is told; undefined where it is told none. */
  readonly classes: number | undefined;
  readonly latent: number;
  readonly generator: Layer;
  readonly discriminatorStep: Layer;
  readonly generatorStep: Layer;
  readonly discriminatorLoss: Loss;
  readonly generatorLoss: Loss;
  /** Whether the discriminator's slope is penalised. */
  readonly penalty: boolean;
  readonly criticSteps: number;
  readonly optimizer: Optimizer;
  readonly average: number;
  readonly epochs: number;
  readonly batchSize: number;
}

const kinds: Readonly<Record<string, AdversarialKind>> = {
  hinge: 'hinge',
  'non-saturating': 'nonSaturating',
  wasserstein: 'wasserstein',
};

export const lossNames = Object.keys(kinds);

interface About {
  readonly classes: number;
  readonly channels: number;
  readonly size: number;
}

/** @throws Error or RangeError naming an option that is unknown or out of range */
export function settingsOf(options: ImageGenerationTrainOptions, about: About): GenerationSettings {
  const { loss = 'hinge', latent = 64, width = 32, epochs = 10, batchSize = 64, average = 0.99 } = options;
  const kind = Object.hasOwn(kinds, loss) ? kinds[loss]! : undefined;
  if (!kind)
    throw new Error(`There is no loss '${loss}' for making pictures. There is ${lossNames.join(', ')}.`);
  const penalty = kind === 'wasserstein';
  const { conditional = about.classes > 1, spectral = !penalty, criticSteps = penalty ? 5 : 1 } = options;
  if (conditional && about.classes < 2)
    throw new Error('There is only one class, so there is nothing to tell a generator.');
  if (!(average >= 0 && average < 1))
    throw new RangeError(`average must be at least 0 and below 1, but it is ${average}.`);
  const classes = conditional ? about.classes : undefined;
  const networks = {
    size: about.size,
    channels: about.channels,
    width,
    ...(classes !== undefined && { classes }),
  };
  const generator = dcganGenerator(networks);
  const players = { generator, discriminator: dcganDiscriminator({ ...networks, spectral }), conditional };
  const learningRate = options.learningRate ?? (penalty ? 1e-4 : 5e-4);
  return {
    kind,
    classes,
    latent,
    generator,
    discriminatorStep: discriminatorStep({ ...players, penalty }),
    generatorStep: generatorStep(players),
    discriminatorLoss: discriminatorLoss.with({ kind }),
    generatorLoss: generatorLoss.with({ kind }),
    penalty,
    criticSteps,
    optimizer: penalty ? adam(learningRate, { beta1: 0, beta2: 0.9 }) : adam(learningRate, { beta1: 0.5 }),
    average,
    epochs,
    batchSize,
  };
}
