import { sortNodes } from '../graph/graph.js';
import { staticShape } from '../graph/shape.js';
import { type GraphNode, input, type Tensor } from '../graph/tensor.js';
import { flopsOf } from '../transforms/flops.js';
import { Context, type Observer } from './context.js';
import type { InputType, Layer } from './layer.js';

/** One layer of a model, as a summary shows it. */
export interface SummaryRow {
  /** Name of the layer, by its place in the model. */
  readonly layer: string;
  /** Kind of layer, such as `conv2d`. */
  readonly type: string;
  /** Size of each output dimension; named where it is open, such as `batch`. */
  readonly outputShape: readonly (number | string)[];
  /** Number of parameters. */
  readonly parameters: number;
  /** How many of them are trained; default all. */
  readonly trainable?: number;
  /** Bytes the parameters take; default four each (float32). */
  readonly bytes?: number;
  /** Floating-point operations of one forward pass over one example; a multiply-add is two. */
  readonly flops: number;
}

/**
 * The layers of a model in the order of their calls, with what each makes, holds and costs. A layer made of others has a row
 * only where it computes or holds something of its own. A layer called twice holds its parameters once.
 *
 * Operations are those of convolutions and matrix products, two a multiply-add, over one example.
 * @param inputs shapes with the batch in front; every other size must be known
 * @throws TypeError when the layers do not fit each other, or a size is open
 */
export function summarize(model: Layer, inputs: InputType | readonly InputType[]): SummaryRow[] {
  const rows: SummaryRow[] = [];
  const counted = new Set<GraphNode>();
  const seen = new Set<string>();
  const observer: Observer = (layer, context, compute) => {
    const before = rows.length;
    const output = compute();
    const inner = rows.length > before;
    const fresh = sortNodes([output]).filter((node) => !counted.has(node));
    for (const node of fresh) counted.add(node);
    const flops = fresh.reduce((total, node) => total + flopsOf(node), 0);
    const parameters = seen.has(context.path) ? 0 : ownParameters(context);
    seen.add(context.path);
    if (!inner || flops > 0 || parameters > 0) {
      rows.push({ layer: context.path, type: layer.type, outputShape: output.shape, parameters, flops });
    }
    return output;
  };
  const types = Array.isArray(inputs) ? (inputs as readonly InputType[]) : [inputs as InputType];
  const tensors = types.map(({ dtype = 'float32', shape }, position): Tensor => {
    const sizes = staticShape(shape.slice(1), 'summarize (the batch apart)');
    return input(`input${position}`, dtype, ['batch', ...sizes]);
  });
  model.call(Context.observed(observer), ...tensors);
  return rows;
}

function ownParameters(context: Context): number {
  const own = Object.values(context.made.parameters).filter((value) => 'dtype' in value && 'data' in value);
  return own.reduce((total, array) => total + Number(array.size), 0);
}
