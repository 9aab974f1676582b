// Traces what a training repeats: the loss and its gradient on a batch, and the update of the parameters.
import type { NdArray } from '../graph/array.js';
import { type DType, isInteger } from '../graph/dtype.js';
import { Graph } from '../graph/graph.js';
import type { Shape } from '../graph/shape.js';
import { input, type Tensor } from '../graph/tensor.js';
import { entries, unflatten } from '../graph/tree.js';
import type { TensorTree, Variables } from '../nn/context.js';
import type { Layer } from '../nn/layer.js';
import type { ConfigurableLoss, CrossEntropyOptions, Loss } from '../nn/losses/index.js';
import type { Metric } from '../nn/metrics/index.js';
import { emaUpdate, type Optimizer } from '../optim/index.js';
import { clip, constant, mul, step as positive, sum } from '../primitives/index.js';
import { zerosLike } from '../primitives/pullBack.js';
import { gradients } from '../transforms/grad.js';
import { type Layout, layOut } from './engine/layout.js';
import type { Group } from './engine/protocol.js';
import { type HeldNames, nothingHeld } from './held.js';
import { modelInput } from './modelInput.js';

/** What a training step is made of. */
export interface StepSpec {
  readonly model: Layer;
  /** Shapes and names of what the model owns. */
  readonly variables: Variables;
  readonly loss: Loss;
  readonly metrics: readonly Metric[];
  /** The part of the parameters that is trained: a name at the top of their tree. Default: all. */
  readonly trains?: string | undefined;
  /** Added to the loss: a function of the parameters alone. */
  readonly penalty?: ((parameters: TensorTree) => Tensor) | undefined;
  /** What is held as it is, a constant of the graphs. Default: nothing. */
  readonly held?: HeldNames | undefined;
}

/** The arrays of a batch by name, without values. */
export type BatchTypes = Readonly<Record<string, { readonly dtype: DType; readonly shape: Shape }>>;

/** Where a model's arrays lie when they are flat: parameters, and state. What is held lies nowhere. */
export function layoutsOf(
  { parameters, state }: Variables,
  held: HeldNames = nothingHeld,
): { parameters: Layout; state: Layout } {
  const list = (tree: Variables['parameters'], resting: ReadonlySet<string>) =>
    entries<NdArray>(tree).flatMap(([name, { shape }]) => (resting.has(name) ? [] : [{ name, shape }]));
  return { parameters: layOut(list(parameters, held.parameters)), state: layOut(list(state, held.state)) };
}

/**
 * Where the part of the parameters lies that a step trains.
 * @throws TypeError when there is no part of this name
 */
export function groupOf({ variables, trains, held }: Pick<StepSpec, 'variables' | 'trains' | 'held'>): Group {
  const { parameters } = layoutsOf(variables, held);
  if (trains === undefined) return [0, parameters.size];
  const within = parameters.places.flatMap(({ name }, i) => (name.startsWith(`${trains}.`) ? [i] : []));
  if (within.length === 0) {
    const names = Object.keys(variables.parameters).join(', ');
    throw new TypeError(`There is no part '${trains}' of the parameters to train. Parts: ${names}.`);
  }
  const next = parameters.places[within.at(-1)! + 1];
  return [parameters.places[within[0]!]!.offset, next?.offset ?? parameters.size];
}

/** The names of the arrays in a batch that the model takes, in order: all but the target and the weight. */
export function inputNamesOf(batch: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(batch).filter((name) => name !== 'target' && name !== 'weight');
}

interface TracedModel {
  /** Those that are not held. */
  readonly variables: readonly Tensor[];
  readonly parameters: TensorTree;
  readonly state: TensorTree;
  readonly batch: readonly Tensor[];
  readonly inputs: readonly Tensor[];
  readonly target: Tensor;
  readonly weight: Tensor;
}

function placeholders({ variables, held = nothingHeld }: StepSpec, types: BatchTypes): TracedModel {
  const stand = (tree: Variables['parameters'], resting: ReadonlySet<string>): Tensor[] =>
    entries<NdArray>(tree).map(([name, array]) =>
      resting.has(name) ? constant(array) : input(name, array.dtype, array.shape),
    );
  const parameters = stand(variables.parameters, held.parameters);
  const state = stand(variables.state, held.state);
  const names = inputNamesOf(types);
  const target = types.target;
  if (!target)
    throw new TypeError(
      `A batch needs a 'target' beside ${names.join(', ')}: examples are { input, target }.`,
    );
  const batch = [...names, 'target'].map((name) => input(name, types[name]!.dtype, types[name]!.shape));
  const weight = input('weight', 'float32', [target.shape[0]!]);
  return {
    variables: [...parameters, ...state].filter(({ node }) => !node),
    parameters: unflatten(variables.parameters, parameters) as TensorTree,
    state: unflatten(variables.state, state) as TensorTree,
    batch: [...batch, weight],
    inputs: batch.slice(0, -1),
    target: batch.at(-1)!,
    weight,
  };
}

/** The weighted sum of the examples' losses. A loss that gives a mean alone counts for the whole batch. */
function weightedLoss(loss: Loss, prediction: Tensor, target: Tensor, weight: Tensor): Tensor {
  const values = loss(prediction, target, { reduction: 'none' });
  if (values.rank === 0) return mul(values, sum(weight));
  if (values.rank !== 1 || values.shape[0] !== weight.shape[0]) {
    throw new TypeError(
      `The loss '${loss.name}' gives ${values}; with reduction 'none' it must give one value an example, [${weight.shape[0]}].`,
    );
  }
  return sum(mul(values, weight));
}

function metricStatistics(
  metrics: readonly Metric[],
  prediction: Tensor,
  target: Tensor,
  weight: Tensor,
): Extra[] {
  const counted = positive(weight);
  return metrics.flatMap((metric, position) =>
    Object.entries(metric.statistics(prediction, target, counted)).map(([name, value]) => ({
      name: `${position}.${name}`,
      value,
    })),
  );
}

interface Extra {
  readonly name: string;
  readonly value: Tensor;
}

/** What a step reports beside the gradients, and where it lies. */
export function extrasLayout(extras: readonly Extra[]): Layout {
  return layOut(extras.map(({ name, value }) => ({ name, shape: value.shape as readonly number[] })));
}

export interface TracedGraph {
  readonly graph: Graph;
  readonly extras: Layout;
  /** Which whole numbers the targets may be, where they name classes. */
  readonly labels: LabelRange | undefined;
}

/** Class indices: 0 up to, not including, `classes`, and one that stands for none where the loss knows such a one. */
export interface LabelRange {
  readonly classes: number;
  readonly ignored: number | undefined;
}

/** What class indices a loss takes; a graph alone cannot tell one that is out of range. */
function labelRange(loss: Loss, prediction: Tensor, target: Tensor): LabelRange | undefined {
  if (loss.name !== 'crossEntropy' || !isInteger(target.dtype)) return undefined;
  const { classAxis = 1, ignoreIndex } = (loss as ConfigurableLoss<CrossEntropyOptions>).config ?? {};
  const classes = prediction.shape.at(classAxis);
  return typeof classes === 'number' ? { classes, ignored: ignoreIndex } : undefined;
}

/**
 * The loss on a batch and its gradient.
 * Inputs: parameters, state, the batch's arrays, target, weight [batch], share (this part's of the whole batch), key int32[2].
 * Outputs: a gradient for each parameter (zeros where it is not trained), the new state times the share, the weighted loss, the metrics'
 * statistics.
 */
export function traceGradient(spec: StepSpec, types: BatchTypes): TracedGraph {
  const traced = placeholders(spec, types);
  const share = input('share', 'float32', []);
  const key = input('key', 'int32', [2]);
  const [prediction, newState] = spec.model.applyWithState(
    traced.parameters,
    modelInput(spec.model, traced.inputs),
    {
      training: true,
      key,
      state: traced.state,
      ...(spec.held && { held: (name: string) => spec.held!.parameters.has(name) }),
    },
  );
  const loss = weightedLoss(spec.loss, prediction, traced.target, traced.weight);
  const total = spec.penalty ? loss.add(mul(spec.penalty(traced.parameters), share)) : loss;
  const laid = entries<Tensor>(traced.parameters).filter(([, tensor]) => !tensor.node);
  const isTrained = ([name]: readonly [string, Tensor]): boolean =>
    spec.trains === undefined || name.startsWith(`${spec.trains}.`);
  const trained = laid.filter(isTrained).map(([, tensor]) => tensor);
  const slopes = new Map(gradients(total, trained).map((gradient, i) => [trained[i]!, gradient]));
  const moved = entries<Tensor>(newState).filter(([name]) => !spec.held?.state.has(name));
  const extras = [
    { name: 'loss', value: total },
    ...metricStatistics(spec.metrics, prediction, traced.target, traced.weight),
  ];
  const outputs = [
    ...laid.map(([, tensor]) => slopes.get(tensor) ?? zerosLike(tensor)),
    ...moved.map(([, tensor]) => mul(tensor, share)),
    ...extras.map(({ value }) => value),
  ];
  return {
    graph: new Graph([...traced.variables, ...traced.batch, share, key], outputs),
    extras: extrasLayout(extras),
    labels: labelRange(spec.loss, prediction, traced.target),
  };
}

/**
 * The loss and metrics on a batch, and the predictions if wanted.
 * Inputs: parameters, state, the batch's arrays, target, weight [batch].
 */
export function traceEvaluation(
  spec: StepSpec,
  types: BatchTypes,
  options: { predictions?: boolean } = {},
): TracedGraph {
  const traced = placeholders(spec, types);
  const prediction = spec.model.apply(traced.parameters, modelInput(spec.model, traced.inputs), {
    state: traced.state,
  });
  const loss = weightedLoss(spec.loss, prediction, traced.target, traced.weight);
  const extras = [
    { name: 'loss', value: loss },
    ...metricStatistics(spec.metrics, prediction, traced.target, traced.weight),
  ];
  const outputs = [...extras.map(({ value }) => value), ...(options.predictions ? [prediction] : [])];
  return {
    graph: new Graph([...traced.variables, ...traced.batch], outputs),
    extras: extrasLayout(extras),
    labels: labelRange(spec.loss, prediction, traced.target),
  };
}

/** The order in which an update takes its scalars. */
export function hyperNames(optimizer: Optimizer): string[] {
  return Object.keys(optimizer.hyperparameters(1, 1));
}

/**
 * The update of a flat vector of parameters.
 * Inputs: parameters, slots, average (if kept), gradient, then the scalars. Outputs: the new parameters, slots, average.
 */
export function traceUpdate(
  optimizer: Optimizer,
  size: number,
  options: { average?: number | undefined; clipValue?: number | undefined },
): Graph {
  const vector = (name: string): Tensor => input(name, 'float32', [size]);
  const parameter = vector('parameters');
  const slots = optimizer.slots.map(({ name }) => vector(name));
  const average = options.average === undefined ? [] : [vector('average')];
  const gradient = vector('gradient');
  const names = hyperNames(optimizer);
  const scalars = names.map((name) => input(name, 'float32', []));
  const updated = optimizer.update({
    parameter,
    gradient:
      options.clipValue === undefined ? gradient : clip(gradient, -options.clipValue, options.clipValue),
    slots,
    hyper: Object.fromEntries(names.map((name, position) => [name, scalars[position]!])),
  });
  const decay = options.average ?? 0;
  const newAverage = average.map((mean) => emaUpdate(mean, updated.parameter, decay));
  return new Graph(
    [parameter, ...slots, ...average, gradient, ...scalars],
    [updated.parameter, ...updated.slots, ...newAverage],
  );
}
