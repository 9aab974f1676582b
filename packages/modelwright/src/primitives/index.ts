import './methods.js';

export {
  add,
  and,
  clip,
  div,
  equal,
  greater,
  greaterEqual,
  indicator,
  less,
  lessEqual,
  maximum,
  minimum,
  mod,
  mul,
  not,
  type Operand,
  or,
  pow,
  square,
  sub,
} from './arithmetic.js';
export { cast } from './cast.js';
export { classLogLoss } from './classLogLoss.js';
export { constant, scalar, scalarLike } from './constant.js';
export { type ConvolutionAttributes, convolution, convolutionInputGradient } from './convolution.js';
export {
  abs,
  ceil,
  cos,
  erf,
  exp,
  floor,
  gelu,
  log,
  neg,
  relu,
  round,
  sigmoid,
  sign,
  sin,
  softplus,
  sqrt,
  step,
  stopGradient,
  tanh,
} from './elementwise.js';
export { gather, oneHot, scatterAdd } from './indexing.js';
export { layerNormalize } from './layerNorm.js';
export { letterbox } from './letterbox.js';
export { type LstmLoopOptions, lstmLoop } from './lstm.js';
export { matmul, matmulTransposed } from './matmul.js';
export { nonMaxSuppression } from './nonMaxSuppression.js';
export { averagePool, maxPool, type PoolingAttributes } from './pooling.js';
export { positions } from './positions.js';
export { randomBernoulli, randomKey, randomNormal, randomUniform } from './random.js';
export { argMax, max, mean, norm, range, sum, sumTo, variance } from './reductions.js';
export { resize } from './resize.js';
export { type ScanOptions, type ScanStep, scan } from './scan.js';
export {
  broadcastTo,
  concat,
  expandDimensions,
  flip,
  pad,
  padAll,
  reshape,
  slice,
  stack,
  transpose,
  upsample,
} from './shaping.js';
export { logSoftmax, softmax } from './softmax.js';
export { split } from './split.js';
export { primitives } from './table.js';
export { topK } from './topK.js';
export { where } from './where.js';
