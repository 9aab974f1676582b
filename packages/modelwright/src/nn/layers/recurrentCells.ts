import { NdArray } from '../../graph/array.js';
import type { Tensor } from '../../graph/tensor.js';
import { spread } from '../../primitives/define.js';
import { add, concat, lstmLoop, matmul, mul, sigmoid, split, sub, tanh } from '../../primitives/index.js';
import { type Activation, activate, checkActivation } from '../activations.js';
import type { Layer } from '../layer.js';
import { defineLayer, type LayerSample } from '../registry.js';
import {
  type Cell,
  callRecurrent,
  checkRecurrent,
  type RecurrentConfig,
  type RecurrentOptions,
  runSteps,
} from './recurrent.js';

export interface SimpleRnnOptions extends RecurrentOptions {
  /** Applied to each state. Default: 'tanh'. */
  readonly activation?: Activation;
}

const simpleCell = (activation: Activation): Cell => ({
  gates: 1,
  states: 1,
  run: (direction) =>
    runSteps(direction, ([h], x) => [activate(add(x, matmul(h!, direction.weight)), activation)]),
});

const gruCell = (units: number): Cell => ({
  gates: 3,
  states: 1,
  run(direction) {
    const recurrentBias = direction.parameter('recurrentBias', units);
    return runSteps(direction, ([h], x) => {
      const [inputOpen, inputNew] = split(x, [2 * units, units], 1);
      const [recurrentOpen, recurrentNew] = split(matmul(h!, direction.weight), [2 * units, units], 1);
      const [reset, update] = split(sigmoid(add(inputOpen!, recurrentOpen!)), [units, units], 1);
      const candidate = tanh(add(inputNew!, mul(reset!, add(recurrentNew!, recurrentBias))));
      return [add(candidate, mul(update!, sub(h!, candidate)))];
    });
  },
});

/** Columns of i, f, g, o as i, f, o, g: what one sigmoid takes lies side by side. */
function gatesTogether(x: Tensor, units: number): Tensor {
  const [i, f, g, o] = split(x, [units, units, units, units], -1);
  return concat([i!, f!, o!, g!], -1);
}

const lstmCell = (units: number): Cell => ({
  gates: 4,
  states: 2,
  arrange: (parameter) => gatesTogether(parameter, units),
  run: ({ projected, weight, start, keep, reverse }) =>
    lstmLoop(projected, weight, start as [Tensor, Tensor], { keep, reverse }),
});

/** Cases for the harness: plain, stacked in both directions, padded, with starting states. */
function samples<Extra extends object>(
  type: string,
  states: number,
  extra?: Extra,
): LayerSample<RecurrentConfig & Extra>[] {
  const more = { ...extra } as Extra;
  const lengths = NdArray.from([3, 1], 'int32');
  const start = Array.from({ length: states }, (_, i) => spread([2, 2, 2], -1, 1, 0.1 * (i + 1)));
  return [
    { name: type, config: { units: 3, ...more }, inputs: [spread([2, 3, 2])] },
    {
      name: `${type} last of one step`,
      config: { units: 2, return: 'last', ...more },
      inputs: [spread([2, 1, 3])],
    },
    {
      name: `${type} stacked, bidirectional, padded`,
      config: { units: 2, layers: 2, bidirectional: true, ...more },
      inputs: [spread([2, 4, 2]), lengths],
    },
    {
      name: `${type} last, bidirectional, padded`,
      config: { units: 2, bidirectional: true, return: 'last', ...more },
      inputs: [spread([2, 4, 2]), lengths],
    },
    {
      name: `${type} starting states`,
      config: { units: 2, bidirectional: true, ...more },
      inputs: [
        spread([2, 2, 2]),
        NdArray.from(
          [
            [true, true],
            [true, false],
          ],
          'bool',
        ),
        ...start,
      ],
    },
  ];
}

const makeSimpleRnn = defineLayer<SimpleRnnOptions & RecurrentConfig>({
  type: 'simpleRnn',
  call: (context, config, x, ...rest) =>
    callRecurrent(context, config, simpleCell(config.activation ?? 'tanh'), x!, rest),
  samples: () => samples('simpleRnn', 1, { activation: 'tanh' as const }),
});

const makeGru = defineLayer<RecurrentConfig>({
  type: 'gru',
  call: (context, config, x, ...rest) => callRecurrent(context, config, gruCell(config.units), x!, rest),
  samples: () => samples('gru', 1),
});

const makeLstm = defineLayer<RecurrentConfig>({
  type: 'lstm',
  call: (context, config, x, ...rest) => callRecurrent(context, config, lstmCell(config.units), x!, rest),
  samples: () => samples('lstm', 2),
});

/**
 * A plain recurrent network (Elman, 1990): h_t = tanh(x_t W + h_(t-1) U + b).
 *
 * Input [batch, time, features]. A second input may give the lengths int32 [batch], or a mask bool [batch, time]: at steps that do not
 * belong to a sequence the state stays and the output is 0. A third may give the starting state [batch, layers directions, units], else
 * 0. Output [batch, time, directions units], or [batch, directions units] with `return: 'last'`: the states after the last step, which
 * backwards is the first. Parameters, for layer 0: inputWeight_l0 [features, units], recurrentWeight_l0 [units, units], bias_l0
 * [units], all uniform in ±1 / sqrt(units) as in PyTorch; those of the second direction end in `_reverse`.
 * @throws RangeError for units or layers that are no whole numbers of at least 1, or dropout outside [0, 1)
 */
export function simpleRnn(units: number, options: SimpleRnnOptions = {}): Layer {
  checkRecurrent('simpleRnn', units, options);
  checkActivation('simpleRnn', options.activation);
  return makeSimpleRnn({ units, ...options });
}

/**
 * A gated recurrent unit (Cho et al., 2014), in the form of cuDNN and PyTorch: r, z = sigmoid(x W + h U + b);
 * n = tanh(x W_n + b_n + r (h U_n + recurrentBias)); h' = (1 - z) n + z h.
 *
 * Inputs, output and initialisation as those of `simpleRnn`. Parameters, for layer 0: inputWeight_l0 [features, 3 units],
 * recurrentWeight_l0 [units, 3 units], bias_l0 [3 units], the columns in the order r, z, n; recurrentBias_l0 [units].
 * @throws RangeError for units or layers that are no whole numbers of at least 1, or dropout outside [0, 1)
 */
export function gru(units: number, options: RecurrentOptions = {}): Layer {
  checkRecurrent('gru', units, options);
  return makeGru({ units, ...options });
}

/**
 * A long short-term memory (Hochreiter and Schmidhuber, 1997; Gers et al., 2000): i, f, o = sigmoid(x W + h U + b);
 * g = tanh(x W_g + h U_g + b_g); c' = f c + i g; h' = o tanh(c').
 *
 * Inputs, output and initialisation as those of `simpleRnn`; the starting state is two inputs, h and c. Parameters, for layer 0:
 * inputWeight_l0 [features, 4 units], recurrentWeight_l0 [units, 4 units], bias_l0 [4 units], the columns in the order i, f, g, o.
 * @throws RangeError for units or layers that are no whole numbers of at least 1, or dropout outside [0, 1)
 */
export function lstm(units: number, options: RecurrentOptions = {}): Layer {
  checkRecurrent('lstm', units, options);
  return makeLstm({ units, ...options });
}
