// Graphs for devices with memory of their own: parameters, state and results cross their borders as one vector each, so that what
// a training keeps there is a handful of arrays.
import { NdArray, sizeOf } from '../graph/array.js';
import { Graph, rebuild, sortNodes } from '../graph/graph.js';
import { type GraphNode, input, type Tensor } from '../graph/tensor.js';
import { clippingFactor } from '../optim/gradients.js';
import type { Optimizer } from '../optim/index.js';
import { concat, constant, mul, reshape, slice, sqrt, square, sum } from '../primitives/index.js';
import type { Layout } from './engine/layout.js';
import type { Group, OnDevice } from './engine/protocol.js';
import { type TracedGraph, traceUpdate } from './step.js';

interface Layouts {
  readonly parameters: Layout;
  readonly state: Layout;
}

/** The arrays of a layout out of its vector. */
function unpacked({ places }: Layout, vector: Tensor): Tensor[] {
  return places.map(({ shape, offset }) => {
    const size = sizeOf(shape);
    return size > 0
      ? reshape(part(vector, offset, offset + size), shape)
      : constant(new NdArray('float32', shape));
  });
}

/** Arrays as the vector of their layout, gaps filled with zeros. */
function packed({ places, size }: Layout, arrays: readonly Tensor[]): Tensor[] {
  const gaps = (length: number): Tensor[] => (length > 0 ? [constant(new NdArray('float32', [length]))] : []);
  return places.flatMap(({ shape, offset }, i) => {
    const length = sizeOf(shape);
    const own = length > 0 ? [reshape(arrays[i]!, [length])] : [];
    return [...own, ...gaps((places[i + 1]?.offset ?? size) - offset - length)];
  });
}

const joined = (parts: readonly Tensor[]): Tensor[] => (parts.length > 1 ? [concat(parts)] : [...parts]);

/** A graph for a device, and how it goes there. */
export interface DeviceGraph {
  readonly graph: Graph;
  readonly onDevice: OnDevice;
}

/**
 * A gradient graph on vectors, its random numbers drawn outside.
 * Inputs: parameters, state, and then as before; the key where it is still needed; the random numbers where there are any.
 * Outputs: gradients and the new state as one vector, which stays on the device, and the extras as one. Vectors of no elements are left out.
 */
export function flatGradient({ graph, extras }: TracedGraph, { parameters, state }: Layouts): DeviceGraph {
  const { inputs, graph: inner } = onVectors(graph, { parameters, state });
  const [gradients, moved] = [parameters.places.length, state.places.length];
  const results = [
    ...packed(parameters, inner.outputs.slice(0, gradients)),
    ...packed(state, inner.outputs.slice(gradients, gradients + moved)),
  ];
  const outputs = [...joined(results), ...joined(packed(extras, inner.outputs.slice(gradients + moved)))];
  const { graph: drawn, random } = drawnOutside(new Graph(inputs, outputs));
  return { graph: drawn, onDevice: { held: results.length > 0 ? 1 : 0, random } };
}

/** Takes random numbers as a vector where they are drawn with the graph's last input, a key. */
function drawnOutside(graph: Graph): { graph: Graph; random: NonNullable<OnDevice['random']> } {
  const key = graph.inputs.at(-1)!;
  const drawing = graph.nodes.filter(
    ({ primitive, inputs }) => primitive.name === 'randomUniform' && inputs[0] === key,
  );
  const draws = drawing.map(({ attributes: { salt, shape } }) => ({
    salt: salt as number,
    size: sizeOf(shape as readonly number[]),
  }));
  const total = draws.reduce((sum, { size }) => sum + size, 0);
  const numbers = input('random', 'float32', [total]);
  const stands = new Map<GraphNode, Tensor>();
  let offset = 0;
  for (const [i, { size }] of draws.entries()) {
    stands.set(drawing[i]!, reshape(slice(numbers, 0, offset, offset + size), drawing[i]!.outputs[0]!.shape));
    offset += size;
  }
  const { outputs } = rebuild(graph, (node) => {
    const stand = stands.get(node);
    return stand && [stand];
  });
  const takesKey = sortNodes(outputs).some(({ inputs }) => inputs.includes(key));
  const inputs = [...graph.inputs.slice(0, -1), ...(takesKey ? [key] : []), ...(total > 0 ? [numbers] : [])];
  return { graph: new Graph(inputs, outputs), random: { takesKey, draws } };
}

/** An evaluation graph on vectors. Inputs as those of `flatGradient`. Outputs: the extras as one vector, and predictions as they were. */
export function flatEvaluation({ graph, extras }: TracedGraph, layouts: Layouts): DeviceGraph {
  const { inputs, graph: inner } = onVectors(graph, layouts);
  const count = extras.places.length;
  const outputs = [...joined(packed(extras, inner.outputs.slice(0, count))), ...inner.outputs.slice(count)];
  return { graph: new Graph(inputs, outputs), onDevice: { held: 0 } };
}

function onVectors(graph: Graph, { parameters, state }: Layouts): { inputs: Tensor[]; graph: Graph } {
  const rest = graph.inputs.slice(parameters.places.length + state.places.length);
  const [parameterVector, stateVector] = [
    input('parameters', 'float32', [parameters.size]),
    input('state', 'float32', [state.size]),
  ];
  const arrays = [...unpacked(parameters, parameterVector), ...unpacked(state, stateVector), ...rest];
  // An array of no elements is no input of a graph here.
  const vectors = [parameterVector, stateVector].filter(({ shape }) => shape[0] !== 0);
  return { inputs: [...vectors, ...rest], graph: rebuild(graph, () => undefined, arrays) };
}

/** Sums are taken in so many parts at first: one sum over a long vector keeps a single processor of a GPU at work. Layouts are of whole parts. */
const partsOfSum = 16;

function normOf(vector: Tensor): Tensor {
  const parts = reshape(vector, [partsOfSum, (vector.shape[0] as number) / partsOfSum]);
  return sqrt(sum(sum(square(parts), 1)));
}

/**
 * The update of all that a training keeps, which trains one stretch of the parameters.
 * Inputs: parameters, slots, average (if kept), the results of `flatGradient`, then the scalars.
 * Outputs: the new parameters, slots and average, the new state (if there is any), then the gradient's length (if it is clipped).
 */
export function flatUpdate(
  optimizer: Optimizer,
  { parameters: { size }, state }: Layouts,
  [start, end]: Group,
  options: {
    readonly average?: number | undefined;
    readonly clipValue?: number | undefined;
    readonly clipNorm?: number | undefined;
  },
): Graph {
  const update = traceUpdate(optimizer, end - start, options);
  const names = [
    'parameters',
    ...optimizer.slots.map(({ name }) => name),
    ...(options.average === undefined ? [] : ['average']),
  ];
  const kept = names.map((name) => input(name, 'float32', [size]));
  const results = input('results', 'float32', [size + state.size]);
  const scalars = update.inputs.slice(kept.length + 1);
  const gradient = part(results, 0, size);
  const norm = options.clipNorm ? normOf(gradient) : undefined;
  const clipped = norm ? mul(gradient, clippingFactor(norm, options.clipNorm!)) : gradient;
  const trained = [...kept, clipped].map((vector) => part(vector, start, end));
  const { outputs } = rebuild(update, () => undefined, [...trained, ...scalars]);
  return new Graph(
    [...kept, results, ...scalars],
    [
      ...outputs.map((output, i) => withPart(kept[i]!, start, output)),
      ...(state.size > 0 ? [part(results, size, size + state.size)] : []),
      ...(norm ? [norm] : []),
    ],
  );
}

/** A stretch of a vector. */
const part = (vector: Tensor, start: number, end: number): Tensor =>
  start === 0 && end === vector.shape[0] ? vector : slice(vector, 0, start, end);

/** A vector with a stretch of it replaced. */
function withPart(vector: Tensor, start: number, replacement: Tensor): Tensor {
  const [size, end] = [vector.shape[0] as number, start + (replacement.shape[0] as number)];
  const before = start > 0 ? [part(vector, 0, start)] : [];
  const after = end < size ? [part(vector, end, size)] : [];
  return joined([...before, replacement, ...after])[0]!;
}
