import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NdArray } from '../graph/array.js';
import { classBatches } from './classBatches.js';
import { Dataset } from './dataset.js';
import { drawnCharacters } from './drawnCharacters.js';

/** Examples that are told apart by their input, of classes of these sizes. */
function examples(sizes: readonly number[]): Dataset {
  const target = sizes.flatMap((size, name) => Array.from({ length: size }, () => name));
  return Dataset.fromArrays({
    input: NdArray.of('float32', [target.length, 1], [...target.keys()]),
    target: NdArray.of('int32', [target.length], target),
  }) as Dataset;
}

const numbers = (array: NdArray | undefined): number[] => array!.toNumbers();

describe('batches by class', () => {
  it('hold so many classes of so many different examples each, class by class', async () => {
    const batches = await classBatches(examples([8, 8, 8, 8, 8, 8]), { classes: 3, perClass: 4, seed: 1 });
    assert.equal(batches.length, 4);
    assert.equal(batches.batchSize, 12);
    for await (const { input, target } of batches) {
      const classes = numbers(target);
      assert.equal(new Set(classes).size, 3);
      for (let i = 0; i < 12; i += 4) assert.equal(new Set(classes.slice(i, i + 4)).size, 1);
      assert.equal(new Set(numbers(input)).size, 12);
    }
  });

  it('go through every example once an epoch where the sizes fit', async () => {
    const batches = await classBatches(examples([4, 4, 4, 4]), { classes: 2, perClass: 2 });
    for (const epoch of [0, 1]) {
      const seen: number[] = [];
      for await (const { input } of batches.iterate({ epoch })) seen.push(...numbers(input));
      assert.deepEqual(
        seen.sort((a, b) => a - b),
        Array.from({ length: 16 }, (_, i) => i),
      );
    }
  });

  it('are a function of seed, epoch and index', async () => {
    const [one, again, other] = await Promise.all(
      [3, 3, 4].map((seed) => classBatches(examples([6, 6, 6, 6, 6]), { classes: 2, perClass: 3, seed })),
    );
    const at = async (batches: Dataset, index: number, epoch: number) =>
      numbers((await batches.at(index, epoch)).input);
    assert.deepEqual(await at(one!, 3, 2), await at(again!, 3, 2));
    assert.notDeepEqual(await at(one!, 3, 2), await at(other!, 3, 2));
    assert.notDeepEqual(await at(one!, 3, 2), await at(one!, 3, 1));
  });

  it('fill up small classes with repetitions, and refuse more classes than there are', async () => {
    const batches = await classBatches(examples([2, 9]), { classes: 2, perClass: 3 });
    const { input, target } = await batches.at(0);
    const small = numbers(input).filter((_, i) => numbers(target)[i] === 0);
    assert.deepEqual([...new Set(small)].sort(), [0, 1]);
    await assert.rejects(
      classBatches(examples([2, 9]), { classes: 3, perClass: 3 }),
      /3 classes a batch.*there are 2/,
    );
  });
});

describe('drawn characters', () => {
  it('are as many as asked for, the same from the same seed', async () => {
    const options = { classes: 3, perClass: 2, seed: 5, size: 20 };
    const [drawn, again] = [drawnCharacters(options), drawnCharacters(options)];
    assert.deepEqual([...(await drawn.labels())], [0, 0, 1, 1, 2, 2]);
    assert.deepEqual((await drawn.at(4)).input.shape, [1, 20, 20]);
    assert.equal(await drawn.fingerprint(), await again.fingerprint());
    assert.notEqual(await drawn.fingerprint(), await drawnCharacters({ ...options, seed: 6 }).fingerprint());
  });
});
