import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NdArray } from '../graph/array.js';
import { Dataset } from './dataset.js';
import { holdOutEvery, stratifiedSplit } from './split.js';

/** Examples whose input is their index, of the classes given. */
function labelled(classes: readonly number[]): Dataset<{ input: NdArray; target: NdArray }> {
  return Dataset.fromArrays({
    input: NdArray.of('int32', [classes.length], Array.from(classes.keys())),
    target: NdArray.of('int32', [classes.length], classes),
  });
}

async function inputs(dataset: Dataset<{ input: NdArray }>): Promise<number[]> {
  const values: number[] = [];
  for await (const { input } of dataset) values.push(input.item());
  return values;
}

describe('split', () => {
  const ten = labelled([0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);

  it('shares out every element once, the same way for the same seed', async () => {
    const parts = await Promise.all(ten.split([0.5, 0.3, 0.2], { seed: 4 }).map(inputs));
    assert.deepEqual(
      parts.map((part) => part.length),
      [5, 3, 2],
    );
    assert.deepEqual(
      parts.flat().toSorted((a, b) => a - b),
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    );
    assert.deepEqual(await Promise.all(ten.split([0.5, 0.3, 0.2], { seed: 4 }).map(inputs)), parts);
    assert.notDeepEqual(await Promise.all(ten.split([0.5, 0.3, 0.2], { seed: 5 }).map(inputs)), parts);
  });

  it('takes counts, in order where asked', async () => {
    const [head, tail] = ten.split([2, 7], { shuffle: false });
    assert.deepEqual(await inputs(head!), [0, 1]);
    assert.deepEqual(await inputs(tail!), [2, 3, 4, 5, 6, 7, 8]);
  });

  it('refuses parts that ask for too much', () => {
    assert.throws(() => ten.split([8, 3]), /counts with a sum of at most 10, but they are \[8, 3\]/);
    assert.throws(() => ten.split([0.8, 0.3]), RangeError);
    assert.throws(() => ten.split([-0.5, 0.5]), RangeError);
  });
});

describe('stratifiedSplit', () => {
  it('keeps the share of each class', async () => {
    const data = labelled(Array.from({ length: 100 }, (_, i) => (i < 80 ? 0 : 1)));
    const [train, test] = await stratifiedSplit(data, [0.75, 0.25], { seed: 1 });
    const ones = async (part: typeof data): Promise<number> =>
      (await part.labels()).reduce((a, b) => a + b, 0);
    assert.deepEqual([train!.length, await ones(train!), test!.length, await ones(test!)], [75, 15, 25, 5]);
    assert.equal(new Set([...(await inputs(train!)), ...(await inputs(test!))]).size, 100);
  });
});

describe('holdOutEvery', () => {
  it('holds out every n-th example of each class', async () => {
    const { train, test } = await holdOutEvery(labelled([0, 1, 0, 1, 0, 1, 1, 1, 0]), 2);
    assert.deepEqual(await inputs(test), [2, 3, 6, 8]);
    assert.deepEqual(await inputs(train), [0, 1, 4, 5, 7]);
  });
});
