import type { Operator } from '../nodeCall.js';
import { activationOperators } from './activations.js';
import { arithmeticOperators } from './arithmetic.js';
import { constantOperators } from './constants.js';
import { convolutionOperators } from './convolution.js';
import { indexingOperators } from './indexing.js';
import { learningOperators } from './learning.js';
import { linearOperators } from './linear.js';
import { normalizationOperators } from './normalization.js';
import { poolingOperators } from './pooling.js';
import { recurrentOperators } from './recurrent.js';
import { reductionOperators } from './reductions.js';
import { resizeOperators } from './resize.js';
import { shapingOperators } from './shaping.js';

const all: readonly Operator[] = [
  ...activationOperators,
  ...arithmeticOperators,
  ...constantOperators,
  ...convolutionOperators,
  ...indexingOperators,
  ...learningOperators,
  ...linearOperators,
  ...normalizationOperators,
  ...poolingOperators,
  ...recurrentOperators,
  ...reductionOperators,
  ...resizeOperators,
  ...shapingOperators,
];

const key = (domain: string, name: string): string => `${domain}:${name}`;
const table = new Map(all.map((operator) => [key(operator.domain, operator.name), operator]));

/** Every operator that is taken, by domain and name. */
export const supportedOperators: readonly Operator[] = [...table.values()].sort((a, b) =>
  key(a.domain, a.name) < key(b.domain, b.name) ? -1 : 1,
);

export function findOperator(domain: string, name: string): Operator | undefined {
  return table.get(key(domain, name));
}
