import { NdArray } from './array.js';
import { Tensor } from './tensor.js';

/** Values nested in arrays and records: how parameters, states and batches are held. */
export type Tree<T> = T | readonly Tree<T>[] | { readonly [key: string]: Tree<T> };

/** The same nesting with other leaves. */
export type MapTree<S, From, To> = S extends From
  ? To
  : S extends readonly unknown[]
    ? { [K in keyof S]: MapTree<S[K], From, To> }
    : S extends object
      ? { [K in keyof S]: MapTree<S[K], From, To> }
      : S;

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
export function map<S, R, Rest extends readonly unknown[]>(
  fn: (leaf: LeafOf<S>, ...rest: { [K in keyof Rest]: LeafOf<Rest[K]> }) => R,
  tree: S,
  ...rest: Rest
): MapTree<S, LeafOf<S>, R> {
  const walk = (value: unknown, others: readonly unknown[], path: string): unknown => {
    if (value === undefined) return undefined;
    if (isLeaf(value)) return (fn as (...leaves: unknown[]) => R)(value, ...others);
    const result: [string, unknown][] = children(value as object).map(([key, child]) => {
      const place = path === '' ? key : `${path}.${key}`;
      const companions = others.map((other) => {
        if (isLeaf(other) || !(key in (other as object))) {
          throw new TypeError(`tree.map: the trees differ at '${place}': one has no such entry.`);
        }
        return (other as Record<string, unknown>)[key];
      });
      return [key, walk(child, companions, place)];
    });
    return Array.isArray(value) ? result.map(([, child]) => child) : Object.fromEntries(result);
  };
  return walk(tree, rest, '') as MapTree<S, LeafOf<S>, R>;
}

/** What the leaves of a tree are. */
export type LeafOf<S> = S extends Tensor | NdArray | number | boolean
  ? S
  : S extends readonly (infer Item)[]
    ? LeafOf<Item>
    : S extends object
      ? LeafOf<S[keyof S]>
      : S;

/** A tree of the same nesting as `tree` with these leaves, in the order of `entries`. */
export function unflatten<S, R>(tree: S, values: readonly R[]): MapTree<S, LeafOf<S>, R> {
  let next = 0;
  return map<S, R, []>(() => values[next++]!, tree);
}
