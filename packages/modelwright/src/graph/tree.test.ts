import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NdArray } from './array.js';
import { entries, leaves, map, unflatten } from './tree.js';

describe('trees', () => {
  const array = NdArray.from([1, 2]);
  const tree = { b: { weight: array, none: undefined }, a: [3, [4]] };

  it('list their leaves by path, records in order of insertion', () => {
    assert.deepEqual(entries<unknown>(tree), [
      ['b.weight', array],
      ['a.0', 3],
      ['a.1.0', 4],
    ]);
    assert.deepEqual(entries<unknown>(5), [['', 5]]);
  });

  it('come back from their leaves', () => {
    assert.deepEqual(unflatten<unknown, unknown>(tree, leaves<unknown>(tree)), tree);
  });

  it('are mapped leaf by leaf', () => {
    assert.deepEqual(
      map((a: number, b: number) => a + b, { x: [1, 2], y: 3 }, { y: 30, x: [10, 20] }),
      { x: [11, 22], y: 33 },
    );
  });

  it('that differ are not mapped together', () => {
    const add = (a: number, b: number): number => a + b;
    const whole = { layer: { weight: 1, bias: 2 } };
    assert.throws(
      () => map(add, whole, { layer: { weight: 1 } }),
      /the trees differ at 'layer\.bias': one has no such entry/,
    );
    assert.throws(
      () => map(add, { layer: { weight: 1 } }, whole),
      /the trees differ at 'layer\.bias': one has no such entry/,
    );
    assert.throws(
      () => map(add, whole, { layer: 1 }),
      /the trees differ at 'layer': one has a value where another has more within/,
    );
    assert.throws(
      () => map(add, { layer: 1 }, whole),
      /the trees differ at 'layer': one has a value where another has more within/,
    );
  });
});
