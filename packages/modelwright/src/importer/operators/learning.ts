// ai.onnx.ml: what scikit-learn's exporters write for linear models and what stands before them.
import { NdArray } from '../../graph/array.js';
import type { Tensor } from '../../graph/tensor.js';
import {
  abs,
  add,
  argMax,
  cast,
  concat,
  constant,
  div,
  equal,
  gather,
  greater,
  matmulTransposed,
  max,
  mul,
  neg,
  reshape,
  sigmoid,
  softmax,
  sqrt,
  sub,
  sum,
  where,
} from '../../primitives/index.js';
import { type NodeCall, operators } from '../nodeCall.js';

const asFloats = (x: Tensor): Tensor => (x.dtype === 'float64' ? x : cast(x, 'float32'));

const row = (call: NodeCall, name: string, x: Tensor): Tensor => {
  const values = call.floats(name);
  return constant(NdArray.of(x.dtype === 'float64' ? 'float64' : 'float32', [values.length], values));
};

function normalizer(call: NodeCall): Tensor {
  const x = asFloats(call.tensor(0));
  const norm = call.text('norm', 'MAX');
  const size = { MAX: max(x, -1, true), L1: sum(abs(x), -1, true), L2: sqrt(sum(mul(x, x), -1, true)) }[norm];
  if (!size) throw new Error(`its norm '${norm}' is not supported`);
  return div(x, where(equal(size, 0), 1, size));
}

function scaler(call: NodeCall): Tensor {
  const x = asFloats(call.tensor(0));
  return mul(sub(x, row(call, 'offset', x)), row(call, 'scale', x));
}

/** Scores as the node's post_transform leaves them. */
function transformed(call: NodeCall, scores: Tensor): Tensor {
  const kind = call.text('post_transform', 'NONE');
  if (kind === 'NONE') return scores;
  if (kind === 'LOGISTIC') return sigmoid(scores);
  if (kind === 'SOFTMAX') return softmax(scores, -1);
  throw new Error(`its post_transform '${kind}' is not supported; NONE, LOGISTIC and SOFTMAX are`);
}

/** x W' + b; the importer has made the coefficients inputs 1 and 2, so that they are parameters. */
function linearScores(call: NodeCall): Tensor {
  const x = asFloats(call.tensor(0));
  const scores = matmulTransposed(x, cast(call.tensor(1), x.dtype));
  const intercepts = call.optional(2);
  return intercepts ? add(scores, cast(intercepts, scores.dtype)) : scores;
}

/** Labels and scores. One row of coefficients tells two classes apart. */
function linearClassifier(call: NodeCall): (Tensor | undefined)[] {
  let scores = linearScores(call);
  const single = scores.shape[1] === 1;
  const labels = call.hasAttribute('classlabels_ints') ? call.floats('classlabels_ints') : undefined;
  if (!labels && call.wants(0))
    throw new Error('its labels are texts, which are not supported; ask for its scores alone');
  if (single && (labels?.length ?? 2) > 1) {
    const positive = transformed(call, scores);
    const negative = call.text('post_transform', 'NONE') === 'NONE' ? neg(scores) : sub(1, positive);
    const chosen = cast(reshape(greater(scores, 0), [-1]), 'int64');
    return [labels && named(labels, chosen), concat([negative, positive], 1)];
  }
  const chosen = cast(argMax(scores, 1), 'int64');
  scores = transformed(call, scores);
  return [labels && named(labels, chosen), scores];
}

const named = (labels: readonly number[], chosen: Tensor): Tensor =>
  gather(constant(NdArray.of('int64', [labels.length], labels)), chosen);

export const learningOperators = operators(
  {
    ArrayFeatureExtractor: (call) => {
      const [x, indices] = [call.tensor(0), call.tensor(1)];
      const y = gather(x, reshape(indices, [-1]), x.rank - 1);
      return x.rank === 1 ? reshape(y, [1, -1]) : y;
    },
    Binarizer: (call) => {
      const x = call.tensor(0);
      return cast(greater(x, call.float('threshold', 0)), x.dtype);
    },
    LinearClassifier: [linearClassifier, 'whole-number labels; post_transform NONE, LOGISTIC or SOFTMAX'],
    LinearRegressor: (call) => transformed(call, linearScores(call)),
    Normalizer: normalizer,
    Scaler: scaler,
    ZipMap: [(call) => call.tensor(0), 'gives the table of probabilities itself'],
  },
  'ai.onnx.ml',
);
