import { NdArray } from '../graph/array.js';
import type { Random } from '../graph/random.js';
import { formatShape, type Shape, sameShape, staticShape } from '../graph/shape.js';
import { input, type Tensor } from '../graph/tensor.js';
import type { Layer } from './layer.js';

/** Arrays by name, nested as the layers are. */
export interface ArrayTree {
  readonly [name: string]: NdArray | ArrayTree;
}

/** Tensors by name, nested as the layers are. */
export interface TensorTree {
  readonly [name: string]: Tensor | TensorTree;
}

/** What a model owns apart from its configuration. */
export interface Variables {
  /** What training changes. */
  readonly parameters: ArrayTree;
  /** What running the model in training changes, without gradients: running means. */
  readonly state: ArrayTree;
}

/** Fills an array of this shape with starting values. */
export type Initializer = (shape: readonly number[], random: Random) => NdArray<'float32'>;

/** Stands around every call of a layer: it must give back what `compute` gives. */
export type Observer = (layer: Layer, context: Context, compute: () => Tensor) => Tensor;

/**
 * A model called for a few positions at a time, what it computed for earlier ones being kept. Layers that look at other
 * positions ask for them here.
 */
export interface Decoding {
  /** Where the inputs stand in the whole sequence, int32[time]. */
  readonly positions: Tensor;
  /** What a layer gave here for earlier positions and this value, end to end along an axis. */
  extend(path: string, value: Tensor, axis: number): Tensor;
  /** A value that does not depend on the position: computed before the first one, and kept. */
  keep(path: string, value: Tensor): Tensor;
}

type MutableTree<Leaf> = { [name: string]: Leaf | MutableTree<Leaf> };

/** What all scopes of one call share. */
interface Call {
  readonly training: boolean;
  readonly key: Tensor | undefined;
  /** Set while the variables are being made: every parameter asked for is initialised here. */
  readonly making: { readonly random: Random | undefined } | undefined;
  readonly observer: Observer | undefined;
  readonly decoding?: Decoding | undefined;
  /** Which variables are held, by their whole names. */
  readonly held?: ((name: string) => boolean) | undefined;
  readonly twiceDifferentiable?: boolean;
  /** How many layers have drawn a salt so far. */
  salts: number;
}

/**
 * What a layer sees while it is called: its parameters by name, whether this is training, and random numbers.
 * One rule serves for making the parameters and for using them: a layer asks for what it needs, with its shape.
 */
export class Context {
  readonly path: string;
  readonly parameters: MutableTree<Tensor>;
  readonly state: MutableTree<Tensor>;
  /** The state after this call, where it changed. */
  readonly newState: MutableTree<Tensor>;
  /** The arrays made, while variables are being made. */
  readonly made: { readonly parameters: MutableTree<NdArray>; readonly state: MutableTree<NdArray> };
  readonly #call: Call;
  readonly #reparametrized: ((name: string, value: Tensor) => Tensor) | undefined;

  private constructor(
    path: string,
    trees: Pick<Context, 'parameters' | 'state' | 'newState' | 'made'>,
    call: Call,
    reparametrized?: (name: string, value: Tensor) => Tensor,
  ) {
    this.path = path;
    this.parameters = trees.parameters;
    this.state = trees.state;
    this.newState = trees.newState;
    this.made = trees.made;
    this.#call = call;
    this.#reparametrized = reparametrized;
  }

  /** For calling a model on parameters it already has. */
  static using(
    parameters: TensorTree,
    state: TensorTree,
    options: {
      training?: boolean;
      key?: Tensor | undefined;
      decoding?: Decoding | undefined;
      held?: ((name: string) => boolean) | undefined;
    } = {},
  ): Context {
    const trees = {
      parameters: parameters as MutableTree<Tensor>,
      state: state as MutableTree<Tensor>,
      newState: {},
      made: { parameters: {}, state: {} },
    };
    return new Context('', trees, {
      training: options.training ?? false,
      key: options.key,
      making: undefined,
      observer: undefined,
      decoding: options.decoding,
      held: options.held,
      salts: 0,
    });
  }

  /** For making the parameters of a model. */
  static making(random: Random): Context {
    return Context.#making({ making: { random }, observer: undefined });
  }

  /** For watching how a model is called. Its parameters are made with their shapes and left at zero. */
  static observed(observer: Observer): Context {
    return Context.#making({ making: { random: undefined }, observer });
  }

  static #making(call: Pick<Call, 'making' | 'observer'>): Context {
    const trees = { parameters: {}, state: {}, newState: {}, made: { parameters: {}, state: {} } };
    return new Context('', trees, { training: false, key: undefined, salts: 0, ...call });
  }

  /** Whether this is training. A layer of which every parameter is held computes as in prediction. */
  get training(): boolean {
    if (!this.#call.training || !this.#call.held) return this.#call.training;
    const own = Object.entries(this.parameters).filter(([, value]) => 'dtype' in value);
    return own.length === 0 || own.some(([name]) => !this.holds(name));
  }

  /** Set while the model is called for a few positions at a time. */
  get decoding(): Decoding | undefined {
    return this.#call.decoding;
  }

  /** This context for a part of the model that sees its whole input at once, also while another part decodes. */
  whole(): Context {
    return this.decoding ? new Context(this.path, this, { ...this.#call, decoding: undefined }) : this;
  }

  /** Whether the gradient of what is computed is differentiated again: shortcuts that only a first gradient allows are then not taken. */
  get twiceDifferentiable(): boolean {
    return this.#call.twiceDifferentiable ?? false;
  }

  /** This context for a part of the model whose gradient is differentiated again, as where a slope is penalised. */
  differentiatedTwice(): Context {
    return new Context(this.path, this, { ...this.#call, twiceDifferentiable: true });
  }

  /**
   * The key of this call's random numbers.
   * @throws Error in training when the call was given none
   */
  get key(): Tensor {
    if (!this.#call.key) {
      throw new Error(
        `${this.path || 'This model'} draws random numbers in training: pass { training: true, key } with a key from randomKey().`,
      );
    }
    return this.#call.key;
  }

  /** Whether a variable of this layer is held as it is, not trained. */
  holds(name: string): boolean {
    return this.#call.held?.(this.path === '' ? name : `${this.path}.${name}`) ?? false;
  }

  /** A number no other layer of this call has: it sets this layer's random draws apart. */
  salt(): number {
    return ++this.#call.salts;
  }

  /**
   * A parameter of this layer.
   * @throws TypeError when the model holds one of another shape
   */
  parameter(name: string, shape: Shape, initializer: Initializer): Tensor {
    const value = this.#variable('parameters', name, shape, initializer);
    return this.#reparametrized ? this.#reparametrized(name, value) : value;
  }

  /**
   * This context for a layer that is to see its own parameters changed by a function, such as weights of norm 1. Layers inside that layer see
   * theirs as they are.
   */
  reparametrized(change: (name: string, value: Tensor) => Tensor): Context {
    return new Context(this.path, this, this.#call, change);
  }

  /** A value this layer keeps from call to call without training it. */
  stateValue(name: string, shape: Shape, initializer: Initializer): Tensor {
    return this.#variable('state', name, shape, initializer);
  }

  /** Sets what a state value is after this call. */
  updateState(name: string, value: Tensor): void {
    this.newState[name] = value;
  }

  /** Computes a layer within this context, watched by the observer where there is one. */
  observe(layer: Layer, compute: () => Tensor): Tensor {
    const { observer } = this.#call;
    return observer ? observer(layer, this, compute) : compute();
  }

  /** The context of a layer inside this one. */
  child(name: string): Context {
    const within = <Leaf>(tree: MutableTree<Leaf>): MutableTree<Leaf> => {
      tree[name] ??= {};
      return tree[name] as MutableTree<Leaf>;
    };
    const trees = {
      parameters: within(this.parameters),
      state: within(this.state),
      newState: within(this.newState),
      made: { parameters: within(this.made.parameters), state: within(this.made.state) },
    };
    return new Context(this.path === '' ? name : `${this.path}.${name}`, trees, this.#call);
  }

  #variable(kind: 'parameters' | 'state', name: string, shape: Shape, initializer: Initializer): Tensor {
    const { making } = this.#call;
    if (making) {
      const sizes = staticShape(shape, `${this.path}.${name}`);
      const { random } = making;
      this.made[kind][name] = random ? initializer(sizes, random) : new NdArray('float32', sizes);
      return input(`${this.path}.${name}`, 'float32', sizes);
    }
    const held = this[kind][name];
    if (held === undefined || !('dtype' in held)) {
      throw new TypeError(`there is no '${name}' among the ${kind}. Were they made by this model's init()?`);
    }
    if (!sameShape((held as Tensor).shape, shape)) {
      throw new TypeError(
        `'${name}' is ${formatShape((held as Tensor).shape)}, but this input asks for ${formatShape(shape)}. Was the model initialised for inputs of another shape?`,
      );
    }
    return held as Tensor;
  }
}
