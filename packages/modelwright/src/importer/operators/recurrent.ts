// LSTM, GRU and RNN, one direction or both, as loops over time.
import type { Tensor } from '../../graph/tensor.js';
import { type Direction, runSteps } from '../../nn/layers/recurrent.js';
import {
  abs,
  add,
  cast,
  clip,
  concat,
  div,
  exp,
  greater,
  less,
  lstmLoop,
  matmul,
  minimum,
  mul,
  positions,
  relu,
  reshape,
  sigmoid,
  slice,
  softplus,
  split,
  stack,
  sub,
  tanh,
  transpose,
  where,
} from '../../primitives/index.js';
import { type NodeCall, operators, requireKnown } from '../nodeCall.js';

type Squash = (x: Tensor) => Tensor;
type Run = (direction: OwnDirection) => { outputs: Tensor; last: readonly Tensor[] };

/** One direction of a node, in ONNX's order of the gates. */
interface OwnDirection {
  /** [time, batch, gates units], the biases of the input added. */
  readonly projected: Tensor;
  /** [units, gates units] */
  readonly weight: Tensor;
  /** [gates units], or nothing. */
  readonly recurrentBias: Tensor | undefined;
  /** [3 units], of an LSTM that looks at its cells. */
  readonly peepholes: Tensor | undefined;
  readonly start: readonly Tensor[];
  readonly keep: Tensor | undefined;
  readonly reverse: boolean;
  readonly units: number;
  readonly squash: readonly Squash[];
}

const squashes: Readonly<Record<string, (alpha: number | undefined, beta: number | undefined) => Squash>> = {
  Affine:
    (alpha = 1, beta = 0) =>
    (x) =>
      add(mul(x, alpha), beta),
  Elu:
    (alpha = 1) =>
    (x) =>
      where(greater(x, 0), x, mul(sub(exp(minimum(x, 0)), 1), alpha)),
  HardSigmoid:
    (alpha = 0.2, beta = 0.5) =>
    (x) =>
      clip(add(mul(x, alpha), beta), 0, 1),
  LeakyRelu:
    (alpha = 0.01) =>
    (x) =>
      where(greater(x, 0), x, mul(x, alpha)),
  Relu: () => relu,
  ScaledTanh:
    (alpha = 1, beta = 1) =>
    (x) =>
      mul(tanh(mul(x, beta)), alpha),
  Sigmoid: () => sigmoid,
  Softplus: () => softplus,
  Softsign: () => (x) => div(x, add(abs(x), 1)),
  Tanh: () => tanh,
};

/** The activations of each direction. */
function squashesOf(call: NodeCall, defaults: readonly string[], directions: number): Squash[][] {
  const all = Array.from({ length: directions }, () => defaults).flat();
  const names = call.texts('activations', all);
  const [alphas, betas] = [call.floats('activation_alpha', []), call.floats('activation_beta', [])];
  if (names.length !== all.length)
    throw new Error(`it has ${names.length} activations; expected ${all.length}`);
  const limit = call.hasAttribute('clip') ? call.float('clip') : undefined;
  const made = names.map((name, i) => {
    const make = squashes[name];
    if (!make)
      throw new Error(`its activation '${name}' is not supported; ${Object.keys(squashes).join(', ')} are`);
    const squash = make(alphas[i], betas[i]);
    return limit === undefined ? squash : (x: Tensor) => squash(clip(x, -limit, limit));
  });
  return Array.from({ length: directions }, (_, i) =>
    made.slice(i * defaults.length, (i + 1) * defaults.length),
  );
}

const loop = (direction: OwnDirection, step: (state: readonly Tensor[], x: Tensor) => readonly Tensor[]) =>
  runSteps({ ...direction, parameter: () => direction.weight } satisfies Direction, step);

const biased = (x: Tensor, bias: Tensor | undefined): Tensor => (bias ? add(x, bias) : x);

/** Gates in the order input, output, forget, cell. */
function lstm(call: NodeCall): Run {
  const standard = ['activations', 'clip'].every((name) => !call.hasAttribute(name));
  if (call.integer('input_forget', 0) !== 0) throw new Error('its attribute input_forget is not supported');
  return (direction) => {
    const { projected, weight, recurrentBias, peepholes, start, keep, reverse, units, squash } = direction;
    if (standard && !peepholes) {
      const arrange = (x: Tensor): Tensor => {
        const [i, o, f, c] = split(x, [units, units, units, units], -1);
        return concat([i!, f!, o!, c!], -1);
      };
      const x = biased(projected, recurrentBias);
      return lstmLoop(arrange(x), arrange(weight), [start[0]!, start[1]!], { keep, reverse });
    }
    const [f1, g1, h1] = squash as [Squash, Squash, Squash];
    const looks = peepholes && split(peepholes, [units, units, units], 0);
    const seen = (gate: Tensor, cell: Tensor, which: number): Tensor =>
      looks ? add(gate, mul(cell, looks[which]!)) : gate;
    return loop(direction, ([h, c], x) => {
      const gates = biased(add(x, matmul(h!, weight)), recurrentBias);
      const [i, o, f, g] = split(gates, [units, units, units, units], 1) as [Tensor, Tensor, Tensor, Tensor];
      const cell = add(mul(f1(seen(f, c!, 2)), c!), mul(f1(seen(i, c!, 0)), g1(g)));
      return [mul(f1(seen(o, cell, 1)), h1(cell)), cell];
    });
  };
}

/** Gates in the order update, reset, hidden. */
function gru(call: NodeCall): Run {
  const afterwards = call.integer('linear_before_reset', 0) !== 0;
  return (direction) => {
    const { weight, recurrentBias, units, squash } = direction;
    const [f1, g1] = squash as [Squash, Squash];
    const [openWeight, hiddenWeight] = split(weight, [2 * units, units], 1) as [Tensor, Tensor];
    const [openBias, hiddenBias] = recurrentBias ? split(recurrentBias, [2 * units, units], 0) : [];
    return loop(direction, ([h], x) => {
      const [open, hidden] = split(x, [2 * units, units], 1) as [Tensor, Tensor];
      const gates = f1(biased(add(open, matmul(h!, openWeight)), openBias));
      const [update, reset] = split(gates, [units, units], 1) as [Tensor, Tensor];
      const fromState = afterwards
        ? mul(reset, biased(matmul(h!, hiddenWeight), hiddenBias))
        : biased(matmul(mul(reset, h!), hiddenWeight), hiddenBias);
      const candidate = g1(add(hidden, fromState));
      return [add(mul(sub(1, update), candidate), mul(update, h!))];
    });
  };
}

const simple: Run = (direction) =>
  loop(direction, ([h], x) => [
    direction.squash[0]!(biased(add(x, matmul(h!, direction.weight)), direction.recurrentBias)),
  ]);

interface Kind {
  readonly gates: number;
  readonly states: number;
  readonly squash: readonly string[];
  readonly run: (call: NodeCall) => Run;
}

/** Row `i` of an input that has one for each direction. */
function row(x: Tensor, i: number): Tensor {
  return reshape(slice(x, 0, i, i + 1), x.shape.slice(1));
}

function recurrent(call: NodeCall, { gates, states, squash, run }: Kind): (Tensor | undefined)[] {
  const batchFirst = call.integer('layout', 0) !== 0;
  const x = batchFirst ? transpose(call.tensor(0), [1, 0, 2]) : call.tensor(0);
  const [weights, recurrentWeights, biases] = [call.tensor(1), call.tensor(2), call.optional(3)];
  const given = call.text('direction', 'forward');
  if (!['forward', 'reverse', 'bidirectional'].includes(given))
    throw new Error(`its direction is '${given}'`);
  const directions = given === 'bidirectional' ? 2 : 1;
  const [rows, , units] = requireKnown(recurrentWeights.shape, 'its recurrent weights');
  if (rows !== directions || recurrentWeights.shape[1] !== gates * units!)
    throw new Error(
      `its recurrent weights are ${recurrentWeights}, which does not fit ${directions} direction(s)`,
    );
  const [steps, batch] = x.shape;
  const { dimensions } = call.scope;
  const keep = call.has(4)
    ? less(reshape(positions(x, 0), [steps!, 1, 1]), reshape(cast(call.tensor(4), 'int32'), [1, batch!, 1]))
    : undefined;
  const allSquashes = squashesOf(call, squash, directions);
  const begin = (which: number, direction: number): Tensor => {
    const start = call.optional(5 + which);
    if (!start) return dimensions.filled(0, [batch!, units!], x.dtype);
    return row(batchFirst ? transpose(start, [1, 0, 2]) : start, direction);
  };
  const peepholes = states === 2 ? call.optional(7) : undefined;
  const results = Array.from({ length: directions }, (_, direction) => {
    const bias = biases && split(row(biases, direction), [gates * units!, gates * units!], 0);
    return run(call)({
      projected: biased(matmul(x, transpose(row(weights, direction))), bias?.[0]),
      weight: transpose(row(recurrentWeights, direction)),
      recurrentBias: bias?.[1],
      peepholes: peepholes && row(peepholes, direction),
      start: Array.from({ length: states }, (_, which) => begin(which, direction)),
      keep,
      reverse: direction === 1 || given === 'reverse',
      units: units!,
      squash: allSquashes[direction]!,
    });
  });
  const outputs = results.map(({ outputs }) => (keep ? where(keep, outputs, mul(outputs, 0)) : outputs));
  const y = stack(outputs, 1);
  const last = Array.from({ length: states }, (_, which) =>
    stack(
      results.map((result) => result.last[which]!),
      0,
    ),
  );
  if (!batchFirst) return [y, ...last];
  return [transpose(y, [2, 0, 1, 3]), ...last.map((state) => transpose(state, [1, 0, 2]))];
}

export const recurrentOperators = operators({
  GRU: (call) => recurrent(call, { gates: 3, states: 1, squash: ['Sigmoid', 'Tanh'], run: gru }),
  LSTM: [
    (call) => recurrent(call, { gates: 4, states: 2, squash: ['Sigmoid', 'Tanh', 'Tanh'], run: lstm }),
    'no input_forget',
  ],
  RNN: (call) => recurrent(call, { gates: 1, states: 1, squash: ['Tanh'], run: () => simple }),
});
