// An imported graph as a layer: plain data that can be saved, loaded, trained and put into other models.
import { NdArray } from '../graph/array.js';
import { formatShape } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';
import type { Context, Initializer } from '../nn/context.js';
import { glorotUniform, ones, zeros } from '../nn/initializers.js';
import type { Layer } from '../nn/layer.js';
import { defineLayer } from '../nn/registry.js';
import { cast, constant } from '../primitives/index.js';
import { arrayFromConfig, type GraphConfig, type VariableConfig } from './graphConfig.js';
import { interpret } from './interpret.js';
import { DimensionSources } from './openDimensions.js';
import type { Value } from './values.js';

const starts: Readonly<Record<VariableConfig['start'], Initializer>> = {
  weights: glorotUniform,
  ones,
  zeros,
};

/** The tensors of all outputs for these inputs, in a context that holds the variables. */
export function callGraph(
  context: Context,
  config: GraphConfig,
  inputs: readonly Tensor[],
  where = 'The imported graph',
): Tensor[] {
  const values = new Map<string, Value>();
  const dimensions = new DimensionSources();
  if (inputs.length !== config.inputs.length) {
    const names = config.inputs.map(({ name }) => name).join(', ');
    throw new TypeError(`expected ${config.inputs.length} inputs (${names}), but got ${inputs.length}.`);
  }
  for (const [i, { name, dtype, shape }] of config.inputs.entries()) {
    const given = inputs[i]!;
    if (given.rank !== shape.length)
      throw new TypeError(`input '${name}' should be ${dtype}${formatShape(shape)}, but it is ${given}.`);
    dimensions.note(given);
    values.set(name, cast(given, dtype));
  }
  for (const { name, shape, dtype, start } of config.parameters)
    values.set(name, cast(context.parameter(name, shape, starts[start]), dtype));
  for (const { name, shape, dtype, start } of config.state)
    values.set(name, cast(context.stateValue(name, shape, starts[start]), dtype));
  for (const { name, value } of config.constants) values.set(name, constant(arrayFromConfig(value)));
  const { trainsBatchNorm } = config;
  return interpret(config, values, { context, dimensions, trainsBatchNorm }, where);
}

/** A layer made of an imported graph. It gives the first of its outputs. */
export const onnxGraph: (config: GraphConfig) => Layer = defineLayer<GraphConfig>({
  type: 'onnxGraph',
  call: (context, config, ...inputs) => callGraph(context, config, inputs)[0]!,
  samples: () => [
    {
      name: 'onnxGraph',
      config: sample,
      inputs: [NdArray.from([[1, -2, 0.5]])],
      noFixture: 'the importer has tests of its own, operator by operator',
    },
  ],
});

const sample: GraphConfig = {
  opsets: [{ domain: '', version: 17 }],
  inputs: [{ name: 'x', dtype: 'float32', shape: ['batch', 3] }],
  outputs: ['y'],
  nodes: [
    {
      name: 'hidden',
      operator: 'Gemm',
      domain: '',
      inputs: ['x', 'weight', 'bias'],
      outputs: ['h'],
      attributes: [],
    },
    { name: 'squash', operator: 'Tanh', domain: '', inputs: ['h'], outputs: ['y'], attributes: [] },
  ],
  parameters: [
    { name: 'weight', shape: [3, 2], dtype: 'float32', start: 'weights' },
    { name: 'bias', shape: [2], dtype: 'float32', start: 'zeros' },
  ],
  state: [],
  constants: [],
  trainsBatchNorm: true,
};
