// Convolutions with 3x3 kernels by Winograd's algorithm (Lavin and Gray, 2015), as matrix products.
//
// Four outputs in a line of a filter with three taps take twelve multiplications; as values of polynomials they take six, one at each
// of six points: y = Aᵀ (G w * Bᵀ x). In both axes that is 36 instead of 144. With a and b the constant matrices that do
// this for a whole image, edges and padding included,
//
//   V = b x,   U = G w,   M = V Uᵀ,   y = aᵀ M,   and backwards   dM = a g,   dV = dM U,   dx = bᵀ dV,   dU = dMᵀ V,   dw = Gᵀ dU.
//
// There is one product for each pair of points, over images, tiles and channels; V, U and dM serve twice. Results are some
// 1e-6 of their size away from those of other ways, as these are from each other.
import { NdArray } from '../graph/array.js';
import { type Graph, rebuild } from '../graph/graph.js';
import type { GraphNode, Tensor } from '../graph/tensor.js';
import { add, constant, reshape, sum } from '../primitives/index.js';
import { product } from '../primitives/matmul.js';
import { convolutionShapes } from './convolutionShapes.js';
import { type LinePoints, linePoints, taps } from './winogradPoints.js';

/** Fewer channels than this on either side, or than twice the length of a line, and moving the data costs more than is gained. */
const fewChannels = 32;
/** With more elements of U than this for each tile of the batch, making U and its gradient costs more than is gained. */
const filterPerTile = 150_000;

/** Rewrites the convolutions, and the gradients of convolutions, that take less time so. */
export function convolutionsByTiles(graph: Graph): Graph {
  const known = new Map<string, Constants>();
  return rebuild(graph, (node, inputs) => {
    const problem = problemOf(node);
    if (!problem) return undefined;
    const { batch, channels, filters, lines } = problem;
    // The same constants for all that belong together, so that they share what is computed from them.
    const constants = known.get(problem.key) ?? constantsOf(lines);
    known.set(problem.key, constants);
    const [{ points: high, tiles }, { points: wide, tiles: tilesWide }] = lines;
    /** A matrix [tiles of a line and images, channels] for each point and line of tiles. */
    const tilesOf = (x: Tensor, both: Pair<Tensor>, size: number): Tensor =>
      reshape(toTiles(x, both), [high, tiles, wide, tilesWide * batch, size]);
    const { filterPoints } = constants;
    const ofFilter = (w: Tensor): Tensor =>
      reshape(product(filterPoints, reshape(w, [filters * channels, taps * taps]), false, true), [
        high,
        1,
        wide,
        filters,
        channels,
      ]);
    const output = node.outputs[0]!.shape;
    const [first, second, bias] = inputs as [Tensor, Tensor, Tensor | undefined];
    switch (node.primitive.name) {
      case 'convolution': {
        const m = product(tilesOf(first, constants.input, channels), ofFilter(second), false, true);
        const y = reshape(fromTiles(m, constants.output), output);
        return [bias ? add(y, reshape(bias, [filters, 1, 1])) : y];
      }
      case 'convolutionInputGradient': {
        const m = product(tilesOf(first, constants.output, filters), ofFilter(second));
        return [reshape(fromTiles(m, constants.input), output)];
      }
      default: {
        const g = tilesOf(second, constants.output, filters);
        const byLine = product(g, tilesOf(first, constants.input, channels), true);
        const total = tiles === 1 ? byLine : sum(byLine, [1]);
        return [
          reshape(product(reshape(total, [high * wide, filters * channels]), filterPoints, true), output),
        ];
      }
    }
  });
}

/** Images [batch, channels, height, width] as [points and tiles high, points and tiles wide, batch, channels]. */
function toTiles(x: Tensor, [high, wide]: Pair<Tensor>): Tensor {
  const across = product(wide, reshape(x, [-1, wide.shape[1]!]), false, true);
  return product(high, reshape(across, [-1, high.shape[1]!]), false, true);
}

/** The transpose of `toTiles`. */
function fromTiles(x: Tensor, [high, wide]: Pair<Tensor>): Tensor {
  const down = product(reshape(x, [high.shape[0]!, -1]), high, true);
  return product(reshape(down, [wide.shape[0]!, -1]), wide, true);
}

/** Something for the height and the width. */
type Pair<T> = readonly [T, T];

/** The matrices b, a and G; the first two for the height and the width. */
interface Constants {
  readonly input: Pair<Tensor>;
  readonly output: Pair<Tensor>;
  /** [pairs of points, taps of a filter] */
  readonly filterPoints: Tensor;
}

function constantsOf([high, wide]: Pair<LinePoints>): Constants {
  const matrix = (rows: number[][]): Tensor =>
    constant(new NdArray('float32', [rows.length, rows[0]!.length], Float32Array.from(rows.flat())));
  const outer = high.filter.flatMap((a) => wide.filter.map((b) => a.flatMap((x) => b.map((y) => x * y))));
  return {
    input: [matrix(high.input), matrix(wide.input)],
    output: [matrix(high.output), matrix(wide.output)],
    filterPoints: matrix(outer),
  };
}

interface Problem {
  readonly batch: number;
  readonly channels: number;
  readonly filters: number;
  readonly lines: Pair<LinePoints>;
  /** What the constants depend on. */
  readonly key: string;
}

/** The sizes of a convolution, or of a gradient of one, if it is one to rewrite. */
function problemOf(node: GraphNode): Problem | undefined {
  const shapes = convolutionShapes(node);
  if (!shapes) return undefined;
  const { x, filter, y, window } = shapes;
  const [filters, channels, ...kernel] = filter;
  const [batch, , ...space] = x;
  const [, , ...out] = y;
  if (
    [...window.strides, ...window.dilations].some((step) => step !== 1) ||
    kernel.length !== 2 ||
    kernel.some((size) => size !== taps) ||
    Math.min(filters, channels) < Math.max(fewChannels, 2 * Math.max(...out))
  )
    return undefined;
  const [high, wide] = space.map((size, axis) => linePoints(size, out[axis]!, window.before[axis]!));
  if (!high || !wide) return undefined;
  const spread = high.points * wide.points * filters * channels;
  if (spread > filterPerTile * high.tiles * wide.tiles * batch) return undefined;
  return { batch, channels, filters, lines: [high, wide], key: JSON.stringify([space, out, window.before]) };
}
