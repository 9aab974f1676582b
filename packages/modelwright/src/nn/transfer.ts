// A model made of another: parameters that are known, and a new head.
import type { NdArray } from '../graph/array.js';
import { sameShape } from '../graph/shape.js';
import { entries, unflatten } from '../graph/tree.js';
import type { ArrayTree, Variables } from './context.js';
import type { InputType, Layer } from './layer.js';
import { sequential } from './layers/sequential.js';
import { type NamePattern, nameMatcher } from './names.js';

/** The arrays of a tree with those by name put in; the others stay. */
export function withArrays(tree: ArrayTree, arrays: ReadonlyMap<string, NdArray>): ArrayTree {
  const filled = entries<NdArray>(tree).map(([name, array]) => arrays.get(name) ?? array);
  return unflatten(tree, filled) as ArrayTree;
}

export interface Transferred {
  readonly variables: Variables;
  /** Names of parameters and state that were taken over. */
  readonly taken: readonly string[];
  /** Names of those that stayed fresh. */
  readonly fresh: readonly string[];
}

/**
 * Variables with those of another model put in where name and shape agree.
 * @param except names of those that stay as they are
 */
export function transferVariables(from: Variables, to: Variables, except: NamePattern = []): Transferred {
  const stays = nameMatcher(except);
  const [taken, fresh]: [string[], string[]] = [[], []];
  const fill = (known: ArrayTree, tree: ArrayTree): ArrayTree => {
    const own = new Map(entries<NdArray>(tree));
    const fitting = entries<NdArray>(known).filter(
      ([name, { shape }]) => !stays(name) && sameShape(own.get(name)?.shape ?? [-1], shape),
    );
    const names = new Set(fitting.map(([name]) => name));
    for (const name of own.keys()) (names.has(name) ? taken : fresh).push(name);
    return withArrays(tree, new Map(fitting));
  };
  const variables = {
    parameters: fill(from.parameters, to.parameters),
    state: fill(from.state, to.state),
  };
  return { variables, taken, fresh };
}

export interface HeadOptions {
  /** What the model is given: the shape with the batch in front, and the dtype. */
  readonly input: InputType | readonly InputType[];
  /** Of the head's parameters. Default: 0. */
  readonly seed?: number;
}

/** A model with a new head: the layers, and their variables, those of the head fresh. */
export interface WithHead {
  readonly model: Layer;
  readonly variables: Variables;
  /** What the names of the head's parameters begin with. */
  readonly head: string;
}

/**
 * Replaces the last layer of a `sequential` model; any other model, such as an imported one that gives features, gets the head
 * behind it, its own parameters named `0.` and what they were called.
 *
 *     const { model, variables } = withHead(trained.model, trained.variables, dense(5), { input: { shape: ['batch', 3, 64, 64] } });
 *     await fit(model, data, { variables, freeze: '*', unfreeze: [{ after: 2, names: '*' }], ... });
 * @throws TypeError when the head does not fit what is before it
 */
export function withHead(
  model: Layer,
  variables: Variables,
  head: Layer,
  { input, seed = 0 }: HeadOptions,
): WithHead {
  const { layers } = model.config as { readonly layers?: readonly Layer[] };
  const replaces = model.type === 'sequential' && layers !== undefined && layers.length > 1;
  const whole = replaces ? sequential(...layers.slice(0, -1), head) : sequential(model, head);
  const name = String(replaces ? layers.length - 1 : 1);
  const within = (tree: ArrayTree): ArrayTree => (replaces ? tree : { 0: tree });
  const known = { parameters: within(variables.parameters), state: within(variables.state) };
  return {
    model: whole,
    variables: transferVariables(known, whole.init(input, seed), name).variables,
    head: name,
  };
}
