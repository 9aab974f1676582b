import { NdArray } from './array.js';
import { Tensor } from './tensor.js';

/** Values nested in arrays and records: how parameters, states and batches are held. */
export type Tree<T> = T | readonly Tree<T>[] | { readonly [key: string]: Tree<T> };

function isLeaf(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return value instanceof Tensor || value instanceof NdArray || ArrayBuffer.isView(value);
}

function children(value: object): [string, unknown][] {
  return Array.isArray(value) ? value.map((item, index) => [String(index), item]) : Object.entries(value);
}

/** The leaves with their paths (`0.weight`), in order: arrays by index, records by insertion. */
export function entries<T>(tree: Tree<T>, path = ''): [string, T][] {
  if (isLeaf(tree)) return tree === undefined ? [] : [[path, tree as T]];
  return children(tree as object).flatMap(([key, child]) =>
    entries(child as Tree<T>, path === '' ? key : `${path}.${key}`),
  );
}

/** The leaves, in the order of `entries`. */
export function leaves<T>(tree: Tree<T>): T[] {
  return entries(tree).map(([, leaf]) => leaf);
}

/**
 * Applies `fn` to each leaf of `tree`, together with the leaves at the same place in the other trees.
 * @throws TypeError naming the place where the trees differ
 */
export function map<Leaf, Result>(
  fn: (leaf: Leaf, ...others: Leaf[]) => Result,
  tree: Tree<Leaf>,
  ...others: readonly Tree<Leaf>[]
): Tree<Result> {
  const differ = (place: string, how: string): never => {
    throw new TypeError(`tree.map: the trees differ at '${place}': ${how}.`);
  };
  const walk = (value: Tree<Leaf>, companions: readonly Tree<Leaf>[], path: string): Tree<Result> => {
    if (isLeaf(value)) {
      if (!companions.every(isLeaf)) differ(path, 'one has a value where another has more within');
      return value === undefined ? (undefined as Result) : fn(value as Leaf, ...(companions as Leaf[]));
    }
    for (const companion of companions) {
      if (isLeaf(companion)) differ(path, 'one has a value where another has more within');
      const extra = Object.keys(companion as object).find((key) => !(key in (value as object)));
      if (extra !== undefined) differ(path === '' ? extra : `${path}.${extra}`, 'one has no such entry');
    }
    const mapped = children(value as object).map(([key, child]): [string, Tree<Result>] => {
      const place = path === '' ? key : `${path}.${key}`;
      const within = companions.map((companion) => {
        if (!(key in (companion as object))) differ(place, 'one has no such entry');
        return (companion as Record<string, Tree<Leaf>>)[key]!;
      });
      return [key, walk(child as Tree<Leaf>, within, place)];
    });
    return Array.isArray(value) ? mapped.map(([, child]) => child) : Object.fromEntries(mapped);
  };
  return walk(tree, others, '');
}

/** A tree of the same nesting as `tree` with these leaves, in the order of `entries`. */
export function unflatten<Leaf, Result>(tree: Tree<Leaf>, values: readonly Result[]): Tree<Result> {
  let next = 0;
  return map<Leaf, Result>(() => values[next++]!, tree);
}
