import { NdArray } from '../graph/array.js';
import { checkGraph, Graph } from '../graph/graph.js';
import { formatShape } from '../graph/shape.js';
import { input, type Tensor } from '../graph/tensor.js';
import { entries, leaves, type Tree, unflatten } from '../graph/tree.js';
import { constant } from '../primitives/index.js';
import { defaultRuntime } from './defaultRuntime.js';
import type { CompileOptions, Executable, Runtime } from './runtime.js';

/** Arrays, or numbers that stand for float32 scalars, in any nesting. */
export type ArrayTree = Tree<NdArray | number>;

export interface CompiledOptions extends CompileOptions {
  /** What runs the graph. Default: ONNX Runtime on the CPU, in a thread of its own. */
  readonly runtime?: Runtime;
}

/** A function compiled for each combination of shapes it is called with. */
export interface Compiled<Arguments extends readonly unknown[]> {
  (...args: { [K in keyof Arguments]: ArrayTree }): Promise<Tree<NdArray>>;
  /** The graph for arguments of these shapes, simplified or as traced, for reading. */
  trace(...args: { [K in keyof Arguments]: ArrayTree }): Graph;
  /** Frees every graph compiled so far. */
  release(): Promise<void>;
}

/**
 * Compiles a function over tensors: it is traced once for each combination of shapes and dtypes it is called with, and then
 * run as a graph. Arguments and result may be nested in records and arrays.
 * @throws TypeError from the first call whose shapes do not fit, naming the operation and both shapes
 */
export function compile<Arguments extends readonly unknown[]>(
  fn: (...args: Arguments) => unknown,
  options: CompiledOptions = {},
): Compiled<Arguments> {
  const cache = new Map<string, Promise<{ executable: Executable; result: unknown }>>();
  const { runtime = defaultRuntime(), ...compileOptions } = options;

  const trace = (args: readonly ArrayTree[]): { graph: Graph; result: unknown } => {
    const arrays = toArrays(args);
    const names = entries<NdArray>(arrays).map(([path]) => path);
    const inputs = leaves<NdArray>(arrays).map(({ dtype, shape }, i) => input(names[i]!, dtype, shape));
    const result = fn(...(unflatten(arrays as Tree<unknown>, inputs) as unknown as Arguments));
    const outputs = leaves<Tensor>(result as Tree<Tensor>).map((leaf) =>
      typeof leaf === 'number' ? constant(leaf) : leaf,
    );
    const graph = new Graph(inputs, outputs);
    checkGraph(graph);
    return { graph, result };
  };

  const compiled = async (...args: readonly ArrayTree[]): Promise<Tree<NdArray>> => {
    const arrays = entries<NdArray>(toArrays(args));
    const key = arrays.map(([path, { dtype, shape }]) => `${path}:${dtype}${formatShape(shape)}`).join(';');
    let entry = cache.get(key);
    if (!entry) {
      const { graph, result } = trace(args);
      entry = runtime.compile(graph, compileOptions).then((executable) => ({ executable, result }));
      cache.set(key, entry);
      entry.catch(() => cache.delete(key));
    }
    const { executable, result } = await entry;
    const outputs = await executable.run(arrays.map(([, array]) => array));
    return unflatten(result as Tree<unknown>, outputs) as Tree<NdArray>;
  };

  return Object.assign(compiled, {
    trace: (...args: readonly ArrayTree[]) => trace(args).graph,
    async release() {
      const open = [...cache.values()];
      cache.clear();
      for (const entry of open) await (await entry).executable.release();
    },
  }) as unknown as Compiled<Arguments>;
}

function toArrays(args: readonly ArrayTree[]): Tree<NdArray> {
  const lift = (value: ArrayTree): Tree<NdArray> => {
    if (typeof value === 'number') return NdArray.from(value);
    if (value instanceof NdArray) return value;
    if (Array.isArray(value)) return value.map(lift);
    return Object.fromEntries(Object.entries(value).map(([name, child]) => [name, lift(child as ArrayTree)]));
  };
  return args.map(lift);
}
