import { type Dimension, normalizeAxis } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import {
  gather,
  matmul,
  matmulTransposed,
  resize as resizePictures,
  transpose,
  upsample,
} from '../../primitives/index.js';
import { type NodeCall, operators, requireKnown, requireModest } from '../nodeCall.js';
import { table } from '../openDimensions.js';
import { knownArray } from '../values.js';

/** How one axis is resampled. */
interface Axis {
  readonly axis: number;
  readonly from: number;
  readonly to: number;
  /** How many output elements an input element becomes. */
  readonly scale: number;
}

/** From a position in the result to one in the input. */
function source(mode: string, { from, to, scale }: Axis, position: number): number {
  switch (mode) {
    case 'asymmetric':
      return position / scale;
    case 'align_corners':
      return to === 1 ? 0 : (position * (from - 1)) / (scale * from - 1);
    case 'half_pixel':
      return (position + 0.5) / scale - 0.5;
    case 'pytorch_half_pixel':
      return to > 1 ? (position + 0.5) / scale - 0.5 : 0;
    case 'half_pixel_symmetric': {
      const adjustment = to / (scale * from);
      return (from / 2) * (1 - adjustment) + (position + 0.5) / scale - 0.5;
    }
    default:
      throw new Error(`its coordinate_transformation_mode '${mode}' is not supported`);
  }
}

const roundings: Readonly<Record<string, (x: number) => number>> = {
  round_prefer_floor: (x) => Math.ceil(x - 0.5),
  round_prefer_ceil: (x) => Math.floor(x + 0.5),
  floor: Math.floor,
  ceil: Math.ceil,
};

const triangle = (x: number): number => Math.max(0, 1 - Math.abs(x));

/** The cubic convolution kernel (Keys, 1981). */
const cubic =
  (a: number) =>
  (offset: number): number => {
    const x = Math.abs(offset);
    if (x <= 1) return (a + 2) * x ** 3 - (a + 3) * x ** 2 + 1;
    return x < 2 ? a * x ** 3 - 5 * a * x ** 2 + 8 * a * x - 4 * a : 0;
  };

interface Filter {
  readonly kernel: (x: number) => number;
  /** How far it reaches. */
  readonly reach: number;
  /** Whether it is widened when shrinking, so that fine patterns do not alias. */
  readonly antialias: boolean;
  /** Whether elements outside do not count; otherwise the edge goes on. */
  readonly excludeOutside: boolean;
}

/** What each element of the result takes of each element of the input: [to, from]. */
function weights(
  axis: Axis,
  mode: string,
  { kernel, reach, antialias, excludeOutside }: Filter,
): Float64Array {
  const { from, to, scale } = axis;
  const result = new Float64Array(to * from);
  const wide = antialias && scale < 1 ? 1 / scale : 1;
  for (let i = 0; i < to; i++) {
    const centre = source(mode, axis, i);
    const row = result.subarray(i * from, (i + 1) * from);
    let total = 0;
    for (let k = Math.ceil(centre - reach * wide); k <= Math.floor(centre + reach * wide); k++) {
      const weight = kernel((k - centre) / wide);
      if (excludeOutside && (k < 0 || k >= from)) continue;
      total += weight;
      row[Math.min(Math.max(k, 0), from - 1)]! += weight;
    }
    if (antialias || excludeOutside) for (let k = 0; k < from; k++) row[k]! /= total;
  }
  return result;
}

/** Multiplies a matrix [to, from] onto one axis. */
function resampled(x: Tensor, { axis, from, to }: Axis, matrix: Float64Array): Tensor {
  requireModest([to, from], 'its table of weights', false);
  const values = table([to, from], (i) => matrix[i]!, x.dtype);
  if (axis === x.rank - 1 && x.rank > 1) return matmulTransposed(x, values);
  if (axis === x.rank - 2) return matmul(values, x);
  const order = x.shape.map((_, i) => (i === axis ? x.rank - 1 : i === x.rank - 1 ? axis : i));
  if (x.rank === 1) return matmul(values, x);
  return transpose(matmulTransposed(transpose(x, order), values), order);
}

/** The sizes and scales that a node asks for, axis by axis. */
function wantedAxes(call: NodeCall, x: Tensor): Axis[] {
  const asScales = call.node.operator === 'Upsample' || call.version < 11;
  const axes = call.hasAttribute('axes')
    ? call.floats('axes').map((axis) => normalizeAxis(axis, x.rank, 'axes'))
    : x.shape.map((_, axis) => axis);
  const scalesAt = asScales ? 1 : 2;
  const given = call.inputs[scalesAt];
  const scales =
    asScales && call.hasAttribute('scales') ? call.floats('scales') : given && knownArray(given)?.toNumbers();
  const sizes: readonly Dimension[] | undefined =
    !asScales && call.has(3) ? call.sizes(3, 'the sizes') : undefined;
  if (!scales?.length && !sizes?.length) {
    throw new Error('its scales or sizes must be known before the graph runs');
  }
  const count = scales?.length || sizes!.length;
  if (count !== axes.length)
    throw new Error(`it has ${count} scales or sizes for ${axes.length} axes of ${x}`);
  const resized = axes.flatMap((axis, i): Axis[] => {
    const size = x.shape[axis]!;
    if (sizes?.length ? sizes[i] === size : scales![i] === 1) return [];
    const [from] = requireKnown([size], `axis ${axis}, which is resized,`);
    const target = sizes?.length
      ? requireKnown([sizes[i]!], 'its target')[0]!
      : Math.floor(from! * scales![i]!);
    if (target < 1) throw new Error(`it would make axis ${axis} of size ${target}`);
    return [{ axis, from: from!, to: target, scale: sizes?.length ? target / from! : scales![i]! }];
  });
  const policy = call.text('keep_aspect_ratio_policy', 'stretch');
  if (policy === 'stretch' || !sizes?.length) return resized;
  const ratios = resized.map(({ scale }) => scale);
  const scale = policy === 'not_larger' ? Math.min(...ratios) : Math.max(...ratios);
  return resized.map((axis) => ({ ...axis, scale, to: Math.round(axis.from * scale) }));
}

/** Height and width that pictures of any size are brought to as this library's own files do it. */
function picturesTo(call: NodeCall, x: Tensor): readonly [number, number] | undefined {
  const own =
    call.text('mode', 'nearest') === 'linear' &&
    call.text('coordinate_transformation_mode', 'half_pixel') === 'half_pixel' &&
    ['antialias', 'exclude_outside'].every((name) => call.integer(name, 0) !== 0) &&
    call.hasAttribute('axes') &&
    call.floats('axes').join() === '2,3';
  const size = own && x.rank === 4 && call.has(3) ? call.sizes(3, 'the sizes') : [];
  const [height, width] = size;
  return typeof height === 'number' && typeof width === 'number' ? [height, width] : undefined;
}

function resize(call: NodeCall): Tensor {
  const x = call.tensor(0);
  const size = picturesTo(call, x);
  if (size) return resizePictures(x, size);
  const older = call.node.operator === 'Upsample' || call.version < 11;
  const mode = call.text('mode', 'nearest');
  const places = call.text('coordinate_transformation_mode', older ? 'asymmetric' : 'half_pixel');
  const axes = wantedAxes(call, x);
  requireModest(
    x.shape.map((size, i) => axes.find(({ axis }) => axis === i)?.to ?? size),
    'its output',
    false,
  );
  if (mode === 'nearest')
    return nearest(x, axes, places, call.text('nearest_mode', older ? 'floor' : 'round_prefer_floor'));
  if (mode !== 'linear' && mode !== 'cubic') throw new Error(`its mode '${mode}' is not supported`);
  const filter = {
    kernel: mode === 'linear' ? triangle : cubic(call.float('cubic_coeff_a', -0.75)),
    reach: mode === 'linear' ? 1 : 2,
    antialias: call.integer('antialias', 0) !== 0,
    excludeOutside: call.integer('exclude_outside', 0) !== 0,
  };
  return axes.reduce((y, axis) => resampled(y, axis, weights(axis, places, filter)), x);
}

function nearest(x: Tensor, axes: readonly Axis[], places: string, rounding: string): Tensor {
  const round = roundings[rounding];
  if (!round) throw new Error(`its nearest_mode '${rounding}' is not supported`);
  const chosen = axes.map((axis) => {
    const from = Array.from({ length: axis.to }, (_, i) => {
      return Math.min(Math.max(round(source(places, axis, i)), 0), axis.from - 1);
    });
    return { ...axis, from, factor: axis.to / axis.from };
  });
  const repeats = chosen.every(
    ({ from, factor }) =>
      Number.isInteger(factor) && from.every((place, i) => place === Math.floor(i / factor)),
  );
  if (repeats && x.dtype === 'float32')
    return upsample(
      x,
      x.shape.map((_, i) => chosen.find(({ axis }) => axis === i)?.factor ?? 1),
    );
  return chosen.reduce(
    (y, { axis, from }) =>
      gather(
        y,
        table([from.length], (i) => from[i]!, 'int32'),
        axis,
      ),
    x,
  );
}

export const resizeOperators = operators({
  Resize: [resize, 'sizes known; no tf_crop_and_resize'],
  Upsample: resize,
});
