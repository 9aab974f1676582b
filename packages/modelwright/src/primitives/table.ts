import type { Primitive } from '../graph/tensor.js';
import * as arithmetic from './arithmetic.js';
import { castPrimitive } from './cast.js';
import { classLogLossGradientPrimitive, classLogLossPrimitive } from './classLogLoss.js';
import { constantPrimitive } from './constant.js';
import * as convolution from './convolution.js';
import * as elementwise from './elementwise.js';
import { gatherPrimitive, scatterAddPrimitive } from './indexing.js';
import { layerNormPrimitive } from './layerNorm.js';
import { letterboxPrimitive } from './letterbox.js';
import { matmulPrimitive } from './matmul.js';
import { nonMaxSuppressionPrimitive } from './nonMaxSuppression.js';
import { averagePoolPrimitive, maxPoolPrimitive } from './pooling.js';
import { positionsPrimitive } from './positions.js';
import { randomUniformPrimitive } from './random.js';
import { argMaxPrimitive, maxPrimitive, sumPrimitive } from './reductions.js';
import { resizePrimitive } from './resize.js';
import { scanPrimitive } from './scan.js';
import * as shaping from './shaping.js';
import { logSoftmaxPrimitive, softmaxPrimitive } from './softmax.js';
import { splitPrimitive } from './split.js';
import { topKPrimitive } from './topK.js';
import { wherePrimitive } from './where.js';

/** Every primitive there is: what a runtime has to run, and what the harness checks. */
export const primitives: readonly Primitive[] = [
  constantPrimitive,
  castPrimitive,
  wherePrimitive,
  ...Object.values(elementwise).filter(isPrimitive),
  ...Object.values(arithmetic).filter(isPrimitive),
  sumPrimitive,
  maxPrimitive,
  argMaxPrimitive,
  ...Object.values(shaping).filter(isPrimitive),
  gatherPrimitive,
  scatterAddPrimitive,
  matmulPrimitive,
  softmaxPrimitive,
  logSoftmaxPrimitive,
  classLogLossPrimitive,
  classLogLossGradientPrimitive,
  layerNormPrimitive,
  positionsPrimitive,
  splitPrimitive,
  ...Object.values(convolution).filter(isPrimitive),
  maxPoolPrimitive,
  averagePoolPrimitive,
  resizePrimitive,
  letterboxPrimitive,
  topKPrimitive,
  nonMaxSuppressionPrimitive,
  randomUniformPrimitive,
  scanPrimitive,
].map((primitive) => primitive as Primitive);

function isPrimitive(value: unknown): value is Primitive {
  return typeof value === 'object' && value !== null && 'infer' in value;
}
