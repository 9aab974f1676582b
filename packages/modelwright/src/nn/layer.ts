import type { DType } from '../graph/dtype.js';
import { Random } from '../graph/random.js';
import type { Shape } from '../graph/shape.js';
import { input, type Tensor } from '../graph/tensor.js';
import { type ArrayTree, Context, type Decoding, type TensorTree, type Variables } from './context.js';

/** What can stand in a configuration: JSON, and layers inside layers. */
export type ConfigValue =
  | number
  | string
  | boolean
  | null
  | undefined
  | Layer
  | readonly ConfigValue[]
  | { readonly [name: string]: ConfigValue };

export interface ApplyOptions {
  /** Whether this is training: dropout drops, batch norm uses the batch's own statistics. Default: false. */
  readonly training?: boolean;
  /** int32[2], from randomKey(): the source of this call's random numbers. Needed in training by layers that draw some. */
  readonly key?: Tensor;
  /** Set to call the model for a few positions at a time; see decodingGraphs(). */
  readonly decoding?: Decoding;
  /** Which parameters are held, not trained, by their whole names. Default: none. */
  readonly held?: (name: string) => boolean;
  /** Running means and the like, for models that keep some. */
  readonly state?: TensorTree;
}

/** What a layer computes: from its context, its configuration and its inputs. */
export type Call<Config> = (context: Context, config: Config, ...inputs: Tensor[]) => Tensor;

/** What is known of an input before it is there: a dtype and a shape with the batch in front, which may be open. */
export interface InputType {
  readonly dtype?: DType;
  readonly shape: Shape;
}

/**
 * A layer, or a whole model: plain data. Its parameters live apart from it, in a tree of named arrays that `init` makes and
 * `apply` takes.
 */
export class Layer<Config = unknown> {
  readonly type: string;
  readonly config: Config;
  readonly #call: Call<Config>;

  constructor(type: string, config: Config, call: Call<Config>) {
    this.type = type;
    this.config = config;
    this.#call = call;
  }

  /** Computes the layer within a context: how layers call layers. */
  call(context: Context, ...inputs: Tensor[]): Tensor {
    return context.observe(this as Layer, () => {
      try {
        return this.#call(context, this.config, ...inputs);
      } catch (error) {
        throw placed(error, context.path, this.type, inputs);
      }
    });
  }

  /**
   * Fresh parameters and state for inputs of this type.
   * @param inputs shape with the batch in front (any number or name), dtype float32 unless said
   * @param seed equal seeds give equal parameters
   * @throws TypeError when the layers do not fit each other, naming the layer and the shapes
   */
  init(inputs: InputType | readonly InputType[], seed = 0): Variables {
    const context = Context.making(new Random(seed));
    const types = Array.isArray(inputs) ? (inputs as readonly InputType[]) : [inputs as InputType];
    this.call(context, ...types.map(({ dtype = 'float32', shape }, i) => input(`input${i}`, dtype, shape)));
    return {
      parameters: prune(context.made.parameters as ArrayTree),
      state: prune(context.made.state as ArrayTree),
    };
  }

  /** The output for an input, with these parameters. */
  apply(parameters: TensorTree, x: Tensor | readonly Tensor[], options: ApplyOptions = {}): Tensor {
    return this.applyWithState(parameters, x, options)[0];
  }

  /** The output, and the state after this call. */
  applyWithState(
    parameters: TensorTree,
    x: Tensor | readonly Tensor[],
    options: ApplyOptions = {},
  ): [Tensor, TensorTree] {
    const state = options.state ?? {};
    const context = Context.using(parameters, state, options);
    const output = this.call(context, ...(Array.isArray(x) ? (x as readonly Tensor[]) : [x as Tensor]));
    return [output, merge(state, context.newState as TensorTree)];
  }
}

/** Whether a value is a layer. */
export function isLayer(value: unknown): value is Layer {
  return value instanceof Layer;
}

class LayerError extends TypeError {}

/** The error with the place where it happened, said once: by the innermost layer. */
function placed(error: unknown, path: string, type: string, inputs: readonly Tensor[]): unknown {
  if (error instanceof LayerError || !(error instanceof Error) || type === 'sequential') return error;
  const place = path === '' ? type : `${type} (layer ${path})`;
  return new LayerError(`${place}, given ${inputs.join(', ')}: ${error.message}`, { cause: error });
}

function prune(tree: ArrayTree): ArrayTree {
  const kept = Object.entries(tree).flatMap(([name, value]): [string, ArrayTree[string]][] => {
    if ('dtype' in value && 'data' in value) return [[name, value]];
    const inner = prune(value as ArrayTree);
    return Object.keys(inner).length > 0 ? [[name, inner]] : [];
  });
  return Object.fromEntries(kept);
}

function merge(tree: TensorTree, changes: TensorTree): TensorTree {
  return Object.fromEntries(
    Object.entries(tree).map(([name, value]) => {
      const change = changes[name];
      if (change === undefined) return [name, value];
      return [name, 'dtype' in change ? change : merge(value as TensorTree, change as TensorTree)];
    }),
  );
}
