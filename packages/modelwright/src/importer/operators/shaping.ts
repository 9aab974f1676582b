// The same values in another arrangement.
import {
  type Dimension,
  divideDimensions,
  normalizeAxes,
  normalizeAxis,
  type Shape,
  shapeSize,
} from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { cast, concat, gather, padAll, reshape, slice, split, transpose } from '../../primitives/index.js';
import { type NodeCall, operators, requireKnown, requireModest } from '../nodeCall.js';
import { table } from '../openDimensions.js';
import { fromSizes, knownSizes, Sizes, type Value } from '../values.js';

function reshaped(call: NodeCall): Value {
  const value = call.value(0);
  const wanted = call.sizes(1, 'the shape');
  const copies = call.version < 14 || call.integer('allowzero', 0) === 0;
  if (value instanceof Sizes) return fromSizes(value.sizes, wanted.length === 0);
  const x = call.tensor(0);
  const shape = wanted.map((size, axis) => {
    if (size !== 0 || !copies) return size;
    const kept = x.shape[axis];
    if (kept === undefined)
      throw new Error(`its shape [${wanted.join(', ')}] copies axis ${axis}, which ${x} does not have`);
    return kept;
  });
  if (shape.some((size) => typeof size === 'number' && size < -1))
    throw new Error(`its shape is [${shape.join(', ')}]`);
  return reshape(x, shape);
}

function flattened(call: NodeCall): Tensor {
  const x = call.tensor(0);
  const given = call.integer('axis', 1);
  const axis = given < 0 ? given + x.rank : given;
  if (axis < 0 || axis > x.rank) throw new Error(`its axis ${given} is outside ${x}`);
  return reshape(x, [shapeSize(x.shape.slice(0, axis)), shapeSize(x.shape.slice(axis))]);
}

function squeezed(call: NodeCall): Value {
  const value = call.value(0);
  const axes = call.attributeOrInput('axes', 1, 13);
  if (value instanceof Sizes) return fromSizes(value.sizes, value.sizes.length === 1);
  const gone = axes
    ? normalizeAxes(axes, value.rank, 'axes')
    : value.shape.flatMap((size, axis) => (size === 1 ? [axis] : []));
  const wrong = gone.find((axis) => value.shape[axis] !== 1);
  if (wrong !== undefined) throw new Error(`axis ${wrong} of ${value} is not of size 1`);
  return reshape(
    value,
    value.shape.filter((_, axis) => !gone.includes(axis)),
  );
}

function unsqueezed(call: NodeCall): Value {
  const value = call.value(0);
  const axes = call.attributeOrInput('axes', 1, 13);
  if (!axes) throw new Error('its axes are missing');
  if (value instanceof Sizes && value.scalar && axes.length === 1) return fromSizes(value.sizes, false);
  const x = call.tensor(0);
  const places = normalizeAxes(axes, x.rank + axes.length, 'axes');
  const shape: Dimension[] = [...x.shape];
  for (const place of places) shape.splice(place, 0, 1);
  return reshape(x, shape);
}

function joined(call: NodeCall): Value {
  const values = call.inputs.map((_, position) => call.value(position));
  if (values.some((value) => value instanceof Sizes)) {
    const lists = values.map(knownSizes);
    if (lists.every((list) => list !== undefined)) return fromSizes(lists.flat(), false);
  }
  const tensors = call.tensors();
  return concat(tensors, normalizeAxis(call.integer('axis'), tensors[0]!.rank, 'axis'));
}

function splitUp(call: NodeCall): Value[] {
  const x = call.tensor(0);
  const axis = call.axis('axis', x.rank, 0);
  const parts = call.node.outputs.length;
  const given = call.attributeOrInput('split', 1, 13);
  if (given) return split(x, given, axis);
  const [size] = requireKnown([x.shape[axis]!], 'the axis that is split');
  const each = Math.ceil(size! / parts);
  const sizes = Array.from({ length: parts }, (_, i) => Math.max(0, Math.min(each, size! - i * each)));
  return split(x, sizes, axis);
}

interface Cut {
  readonly axis: number;
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

/** What a Slice takes, axis by axis. */
function cutsOf(call: NodeCall, rank: number): Cut[] {
  const asAttributes = call.version < 10;
  const list = (name: string, position: number): readonly number[] | undefined => {
    if (asAttributes) return call.hasAttribute(name) ? call.floats(name) : undefined;
    return call.has(position) ? call.numbers(position, name) : undefined;
  };
  const [starts, ends] = [list('starts', 1), list('ends', 2)];
  if (!starts || starts.length !== ends?.length)
    throw new Error('its starts and ends do not agree in number');
  const axes = list('axes', 3) ?? starts.map((_, i) => i);
  const steps = asAttributes ? undefined : list('steps', 4);
  return starts.map((start, i) => ({
    axis: normalizeAxis(axes[i]!, rank, 'axes'),
    start,
    end: ends[i]!,
    step: steps?.[i] ?? 1,
  }));
}

const endless = 2 ** 31 - 1;

function sliced(call: NodeCall): Value {
  const value = call.value(0);
  if (value instanceof Sizes) {
    const [cut] = cutsOf(call, 1);
    const { from, to } = bounds(cut!, value.sizes.length);
    return fromSizes(
      value.sizes.slice(from, to).filter((_, i) => i % cut!.step === 0),
      false,
    );
  }
  let x: Tensor = value;
  for (const cut of cutsOf(call, value.rank)) {
    const size = x.shape[cut.axis]!;
    if (typeof size === 'string' && cut.start === 0 && cut.step === 1 && cut.end >= endless) continue;
    const [length] = requireKnown([size], `axis ${cut.axis}, of which a part is taken,`);
    const { from, to } = bounds(cut, length!);
    x = slice(x, cut.axis, from, to < 0 ? undefined : to, cut.step);
  }
  return x;
}

/** Start and end within the axis, as ONNX holds them there: past the ends is at the ends. */
function bounds({ start, end, step }: Cut, size: number): { from: number; to: number } {
  if (!Number.isInteger(step) || step === 0) throw new Error(`its step is ${step}`);
  const [low, high] = step > 0 ? [0, size] : [-1, size - 1];
  const within = (place: number): number => Math.min(Math.max(place < 0 ? place + size : place, low), high);
  const [from, to] = [within(start), within(end)];
  if (step > 0) return { from, to: Math.max(from, to) };
  return from <= to ? { from: 0, to: 0 } : { from, to };
}

function expanded(call: NodeCall): Tensor {
  const x = call.tensor(0);
  const wanted = call.sizes(1, 'the shape');
  const rank = Math.max(x.rank, wanted.length);
  const shape = Array.from({ length: rank }, (_, axis) => {
    const [own, size] = [x.shape[axis - rank + x.rank] ?? 1, wanted[axis - rank + wanted.length] ?? 1];
    if (own !== 1 && size !== 1 && own !== size)
      throw new Error(`${x} does not stretch to [${wanted.join(', ')}]`);
    return own === 1 ? size : own;
  });
  requireModest(shape, 'its output', x.node?.primitive.name !== 'constant');
  return call.scope.dimensions.stretched(x, shape);
}

function tiled(call: NodeCall): Tensor {
  const x = call.tensor(0);
  const repeats = call.sizes(1, 'the repeats');
  if (repeats.length !== x.rank)
    throw new Error(`its repeats are [${repeats.join(', ')}], but its input is ${x}`);
  const shape = x.shape.map((size, axis) => (repeats[axis] === 1 ? size : shapeSize([repeats[axis]!, size])));
  requireModest(shape, 'its output', x.node?.primitive.name !== 'constant');
  const apart = x.shape.flatMap((size, axis): Shape => (repeats[axis] === 1 ? [size] : [1, size]));
  const wide = x.shape.flatMap(
    (size, axis): Shape => (repeats[axis] === 1 ? [size] : [repeats[axis]!, size]),
  );
  return reshape(call.scope.dimensions.stretched(reshape(x, apart), wide), shape);
}

/** The positions along an axis that padding by mirroring, repeating the edge or going round reads from. */
function paddedPositions(mode: string, size: number, before: number, after: number): number[] {
  const place = (i: number): number => {
    if (mode === 'edge') return Math.min(Math.max(i, 0), size - 1);
    if (mode === 'wrap') return ((i % size) + size) % size;
    if (size === 1) return 0;
    const period = 2 * (size - 1);
    const within = ((i % period) + period) % period;
    return within < size ? within : period - within;
  };
  return Array.from({ length: before + size + after }, (_, i) => place(i - before));
}

function padded(call: NodeCall): Tensor {
  const x = call.tensor(0);
  const mode = call.text('mode', 'constant');
  const pads = call.version < 11 ? call.floats('pads') : call.numbers(1, 'the pads');
  const value = call.version < 11 ? call.float('value', 0) : call.has(2) ? call.number(2, 'the value') : 0;
  const axes = call.has(3)
    ? call.numbers(3, 'the axes').map((axis) => normalizeAxis(axis, x.rank, 'axes'))
    : x.shape.map((_, axis) => axis);
  if (pads.length !== 2 * axes.length)
    throw new Error(`its pads are [${pads.join(', ')}], but its input is ${x}`);
  let y: Tensor = x;
  const counts = x.shape.map((): [number, number] => [0, 0]);
  for (const [i, axis] of axes.entries()) {
    const [before, after] = [pads[i]!, pads[i + axes.length]!];
    if (before < 0 || after < 0) {
      const [size] = requireKnown([y.shape[axis]!], 'an axis that is cut');
      y = slice(y, axis, Math.max(0, -before), size! - Math.max(0, -after));
    }
    counts[axis] = [Math.max(0, before), Math.max(0, after)];
  }
  const shape = y.shape.map((size, axis) =>
    typeof size === 'number' ? size + counts[axis]![0] + counts[axis]![1] : size,
  );
  requireModest(shape, 'its output', false);
  if (mode === 'constant') {
    if (y.dtype === 'bool') return cast(padAll(cast(y, 'int32'), counts, value), 'bool');
    return padAll(y, counts, value);
  }
  if (!['reflect', 'edge', 'wrap'].includes(mode)) throw new Error(`its mode '${mode}' is not supported`);
  for (const [axis, [before, after]] of counts.entries()) {
    if (before === 0 && after === 0) continue;
    const [size] = requireKnown([y.shape[axis]!], 'an axis that is padded');
    const places = paddedPositions(mode, size!, before, after);
    y = gather(
      y,
      table([places.length], (i) => places[i]!, 'int32'),
      axis,
    );
  }
  return y;
}

/** Channels to space: [.., c b b, h, w] to [.., c, h b, w b]. */
function depthToSpace(call: NodeCall): Tensor {
  const x = call.tensor(0);
  const block = call.integer('blocksize');
  const [batch, channels, height, width] = x.shape;
  const left = divideDimensions(channels!, block * block);
  if (left === undefined)
    throw new Error(`${channels} channels do not divide into blocks of ${block} x ${block}`);
  const [shape, order] =
    call.text('mode', 'DCR') === 'CRD'
      ? [
          [batch!, left, block, block, height!, width!],
          [0, 1, 4, 2, 5, 3],
        ]
      : [
          [batch!, block, block, left, height!, width!],
          [0, 3, 4, 1, 5, 2],
        ];
  return reshape(transpose(reshape(x, shape), order), [
    batch!,
    left,
    shapeSize([height!, block]),
    shapeSize([width!, block]),
  ]);
}

function spaceToDepth(call: NodeCall): Tensor {
  const x = call.tensor(0);
  const block = call.integer('blocksize');
  const [batch, channels, height, width] = requireKnown(x.shape, 'its input') as [
    number,
    number,
    number,
    number,
  ];
  const apart = reshape(x, [batch, channels, height / block, block, width / block, block]);
  const order = call.text('mode', 'DCR') === 'CRD' ? [0, 1, 3, 5, 2, 4] : [0, 3, 5, 1, 2, 4];
  return reshape(transpose(apart, order), [batch, channels * block * block, height / block, width / block]);
}

function transposed(call: NodeCall): Tensor {
  const x = call.tensor(0);
  return transpose(x, call.hasAttribute('perm') ? call.floats('perm') : undefined);
}

export const shapingOperators = operators({
  Concat: joined,
  DepthToSpace: depthToSpace,
  Expand: expanded,
  Flatten: flattened,
  Pad: padded,
  Reshape: reshaped,
  Slice: [sliced, 'starts, ends and steps known; an axis of which a part is taken of known size'],
  SpaceToDepth: spaceToDepth,
  Split: splitUp,
  Squeeze: squeezed,
  Tile: tiled,
  Transpose: transposed,
  Unsqueeze: unsqueezed,
});
