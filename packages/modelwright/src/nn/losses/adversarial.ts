// Losses of a generator and its discriminator, over the discriminator's scores: what is high it takes for real.
import { isFloat } from '../../graph/dtype.js';
import type { Tensor } from '../../graph/tensor.js';
import { add, mul, neg, relu, reshape, slice, softplus, square, sub } from '../../primitives/index.js';
import { defineLoss } from './loss.js';

/** How a score becomes a loss. */
export type AdversarialKind = 'nonSaturating' | 'hinge' | 'wasserstein';

export interface AdversarialOptions {
  /** Default: 'nonSaturating'. */
  readonly kind?: AdversarialKind;
}

export interface DiscriminatorLossOptions extends AdversarialOptions {
  /** The weight of (slope - 1)², where the prediction holds slopes. Default: 10. */
  readonly penaltyWeight?: number;
}

interface Rule {
  readonly discriminator: (real: Tensor, fake: Tensor) => Tensor;
  readonly generator: (fake: Tensor) => Tensor;
}

const rules: Readonly<Record<AdversarialKind, Rule>> = {
  nonSaturating: {
    discriminator: (real, fake) => add(softplus(neg(real)), softplus(fake)),
    generator: (fake) => softplus(neg(fake)),
  },
  hinge: {
    discriminator: (real, fake) => add(relu(sub(1, real)), relu(add(fake, 1))),
    generator: neg,
  },
  wasserstein: {
    discriminator: (real, fake) => sub(fake, real),
    generator: neg,
  },
};

function ruleOf(who: string, { kind = 'nonSaturating' }: AdversarialOptions): Rule {
  if (Object.hasOwn(rules, kind)) return rules[kind];
  throw new RangeError(`${who}: there is no kind '${kind}'; there is ${Object.keys(rules).join(', ')}.`);
}

/** One column of scores, [batch]. */
const column = (scores: Tensor, position: number): Tensor =>
  reshape(slice(scores, 1, position, position + 1), [-1]);

/** @throws TypeError unless the prediction is floats [batch, columns] */
function requireScores(who: string, prediction: Tensor, columns: readonly number[]): void {
  const [, width] = prediction.shape;
  if (prediction.rank === 2 && isFloat(prediction.dtype) && columns.includes(width as number)) return;
  throw new TypeError(
    `${who}: expected scores, floats [batch, ${columns.join(' or ')}], but got ${prediction}.`,
  );
}

/**
 * What a discriminator makes small over its scores r of real and f of generated data: log(1 + exp(-r)) + log(1 + exp(f)) where `nonSaturating`
 * (Goodfellow et al., 2014), max(0, 1 - r) + max(0, 1 + f) with `hinge` (Lim and Ye, 2017), f - r with `wasserstein` (Arjovsky et al., 2017);
 * and with slopes in the prediction penaltyWeight (slope - 1)² more (Gulrajani et al., 2017).
 *
 * Prediction: r, f and perhaps slopes, floats [batch, 2 or 3], as discriminatorStep() gives. The target is not looked at.
 * @throws TypeError for another prediction; RangeError for an unknown kind
 */
export const discriminatorLoss = defineLoss<DiscriminatorLossOptions>(
  'discriminatorLoss',
  (prediction, _target, options) => {
    const rule = ruleOf('discriminatorLoss', options);
    requireScores('discriminatorLoss', prediction, [2, 3]);
    const values = rule.discriminator(column(prediction, 0), column(prediction, 1));
    if (prediction.shape[1] === 2) return { values };
    const excess = square(sub(column(prediction, 2), 1));
    return { values: add(values, mul(excess, options.penaltyWeight ?? 10)) };
  },
);

/**
 * What a generator makes small over the scores f of what it makes: log(1 + exp(-f)) where `nonSaturating`, else -f.
 *
 * Prediction: f, floats [batch, 1], as generatorStep() gives. The target is not looked at.
 * @throws TypeError for another prediction; RangeError for an unknown kind
 */
export const generatorLoss = defineLoss<AdversarialOptions>(
  'generatorLoss',
  (prediction, _target, options) => {
    const rule = ruleOf('generatorLoss', options);
    requireScores('generatorLoss', prediction, [1]);
    return { values: rule.generator(column(prediction, 0)) };
  },
);
