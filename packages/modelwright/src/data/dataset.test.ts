import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NdArray } from '../graph/array.js';
import type { Example } from './collate.js';
import { Dataset } from './dataset.js';

const numbers = (count: number): Dataset<number> => Dataset.generate(count, (index) => index);

/** n examples: input [2] = [10 i, 10 i + 1], target = i % 3. */
function rows(count: number): Dataset<{ input: NdArray; target: NdArray }> {
  const input = NdArray.from(
    Array.from({ length: count }, (_, i) => [10 * i, 10 * i + 1]),
    'uint8',
  );
  const target = NdArray.from(
    Array.from({ length: count }, (_, i) => i % 3),
    'int32',
  );
  return Dataset.fromArrays({ input, target });
}

async function collect<T>(dataset: Dataset<T>, options?: Parameters<Dataset<T>['iterate']>[0]): Promise<T[]> {
  const elements: T[] = [];
  for await (const element of dataset.iterate(options)) elements.push(element);
  return elements;
}

const plain = (example: Example): unknown =>
  Object.fromEntries(
    Object.entries(example).map(([name, array]) => [name, [array.dtype, array.shape, array.toNumbers()]]),
  );

describe('Dataset', () => {
  it('gives rows of arrays as examples, and batches with a leading axis', async () => {
    const data = rows(5);
    assert.deepEqual(plain(await data.at(3)), {
      input: ['uint8', [2], [30, 31]],
      target: ['int32', [], [0]],
    });
    const batches = await collect(data.batch(2));
    assert.equal(data.batch(2).batchSize, 2);
    assert.deepEqual(batches.map(plain), [
      { input: ['uint8', [2, 2], [0, 1, 10, 11]], target: ['int32', [2], [0, 1]] },
      { input: ['uint8', [2, 2], [20, 21, 30, 31]], target: ['int32', [2], [2, 0]] },
      { input: ['uint8', [1, 2], [40, 41]], target: ['int32', [1], [1]] },
    ]);
    assert.equal(data.batch(2, { dropLast: true }).length, 2);
    assert.deepEqual(await collect(numbers(5).batch(2, { collate: (list) => list.join() })), [
      '0,1',
      '2,3',
      '4',
    ]);
  });

  it('gathers the same batches from arrays as it stacks from examples', async () => {
    const steps = (data: Dataset<Example>): Dataset<Example> =>
      data.skip(3).shuffle(5).take(20).repeat(2).batch(7);
    const gathered = await collect(steps(rows(30)), { epoch: 4 });
    const stacked = await collect(steps(rows(30).map((example) => example)), { epoch: 4 });
    assert.deepEqual(gathered.map(plain), stacked.map(plain));
  });

  it('shuffles anew each epoch, the same way for the same seed', async () => {
    const order = (seed: number, epoch: number): Promise<number[]> =>
      collect(numbers(100).shuffle(seed), { epoch });
    assert.deepEqual(
      (await order(1, 0)).toSorted((a, b) => a - b),
      await collect(numbers(100)),
    );
    assert.deepEqual(await order(1, 0), await order(1, 0));
    assert.notDeepEqual(await order(1, 0), await order(1, 1));
    assert.notDeepEqual(await order(1, 0), await order(2, 0));
    const twice = await collect(numbers(100).shuffle(1).repeat(2), { epoch: 3 });
    assert.deepEqual(twice, [...(await order(1, 6)), ...(await order(1, 7))]);
  });

  it('resumes mid-epoch as if never interrupted, whatever the prefetch', async () => {
    const pipeline = (): Dataset<number> =>
      numbers(50)
        .shuffle(3)
        .map(async (value, { random }) => {
          await new Promise((resolve) => setTimeout(resolve, random.integer(0, 4)));
          return value + random.uniform();
        })
        .batch(4, { collate: (list) => list.reduce((a, b) => a + b, 0) });
    const whole = await collect(pipeline(), { epoch: 2 });
    const resumed = await collect(pipeline().prefetch(5), { epoch: 2, from: 6 });
    assert.deepEqual(resumed, whole.slice(6));
    assert.notDeepEqual(await collect(pipeline(), { epoch: 1 }), whole);
  });

  it('draws different numbers in two maps of one pipeline', async () => {
    const drawn = numbers(3)
      .map((_, { random }) => [random.uniform()])
      .map((list, { random }) => [...list, random.uniform()]);
    for (const [first, second] of await collect(drawn)) assert.notEqual(first, second);
  });

  it('prefetches no more than asked for, and throws an error where its element is due', async () => {
    let running = 0;
    let most = 0;
    const slow = numbers(20).map(async (value) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 1));
      running--;
      if (value === 5) throw new Error('element 5 is broken');
      return value;
    });
    const seen: number[] = [];
    await assert.rejects(async () => {
      for await (const value of slow.iterate({ prefetch: 3 })) seen.push(value);
    }, /element 5 is broken/);
    assert.deepEqual(seen, [0, 1, 2, 3, 4]);
    assert.equal(most, 4);
  });

  it('caches each element once, and asks again after a failure', async () => {
    const asked: number[] = [];
    const cached = numbers(3)
      .map(async (value) => {
        asked.push(value);
        if (asked.length === 1) throw new Error('busy');
        return value;
      })
      .cache();
    await assert.rejects(async () => cached.at(0), /busy/);
    await collect(cached, { prefetch: 2 });
    await collect(cached, { epoch: 1 });
    assert.deepEqual(asked, [0, 0, 1, 2]);
  });

  it('takes, skips, selects and joins', async () => {
    const data = numbers(6);
    assert.deepEqual(
      await collect(
        data
          .take(2)
          .concat(data.skip(4))
          .concat(data.select([3, 3])),
      ),
      [0, 1, 4, 5, 3, 3],
    );
    assert.equal(data.take(99).length, 6);
    assert.equal(data.skip(99).length, 0);
  });

  it('knows labels through every step, with or without reading elements', async () => {
    const expected = [2, 0, 1];
    assert.deepEqual([...(await rows(9).skip(2).take(3).labels())], expected);
    assert.deepEqual(
      [
        ...(await rows(9)
          .map((each) => each)
          .skip(2)
          .take(3)
          .labels()),
      ],
      expected,
    );
    await assert.rejects(() => numbers(2).labels(), /element 0 has no 'target'/);
  });

  it('fingerprints the content and the choice of elements, not their presentation', async () => {
    const base = await rows(9).fingerprint();
    assert.match(base, /^[0-9a-f]{64}$/);
    const presented = rows(9)
      .shuffle(2)
      .map((each) => each)
      .batch(4)
      .prefetch(1)
      .withClassNames(['a']);
    assert.equal(await presented.fingerprint(), base);
    const others = [
      rows(8),
      rows(9).take(8),
      rows(9).skip(1),
      rows(9).select([1, 0]),
      rows(9).concat(rows(9)),
      numbers(9),
    ];
    const prints = await Promise.all(others.map((each) => each.fingerprint()));
    assert.equal(new Set([base, ...prints]).size, others.length + 1);
  });

  it('says what is wrong', async () => {
    const image = (height: number): Example => ({ input: new NdArray('uint8', [1, height, 4]) });
    assert.throws(() => rows(3).at(3), /there is no element 3; the dataset has 3/);
    assert.throws(() => rows(3).batch(0), /size must be a whole number, 1 or more/);
    assert.throws(() => rows(3).batch(2).batch(2), /batches of 2 already/);
    assert.throws(() => rows(9).shuffle().select([0]), /Split first, then shuffle/);
    assert.throws(
      () => Dataset.fromArrays({ input: new NdArray('uint8', [3, 2]), target: new NdArray('int32', [2]) }),
      /input \[3, 2\], target \[2\]/,
    );
    const unequal = Dataset.from([image(4), image(4), image(4), image(5)]).batch(2);
    await assert.rejects(
      () => collect(unequal),
      /'input' has the shape \[1, 4, 4\] in element 2, but \[1, 5, 4\] in element 3.*resize\(\)/,
    );
    const names = Dataset.from<Example>([
      image(4),
      { ...image(4), weight: new NdArray('float32', []) },
    ]).batch(2);
    await assert.rejects(() => collect(names), /element 1 has \{input, weight\}/);
  });
});
