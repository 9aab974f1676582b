import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { catalogue } from './catalogue.js';
import { mnist } from './mnist.js';

const skip = process.env.MODELWRIGHT_DATA ? false : 'MODELWRIGHT_DATA is not set';

describe('mnist', { skip }, () => {
  it('has its 60,000 and 10,000 digits, all ten classes, ready to batch', async () => {
    const { train, test } = await mnist();
    const known = catalogue.find((entry) => entry.name === 'mnist');
    assert.deepEqual([train.length, test.length], [60_000, 10_000]);
    assert.deepEqual([train.length, test.length], [known?.train, known?.test]);
    // how often each digit occurs, as published: http://yann.lecun.com/exdb/mnist
    const counts = async (part: typeof train): Promise<number[]> => {
      const found = new Array<number>(10).fill(0);
      for (const label of await part.labels()) found[label]!++;
      return found;
    };
    assert.deepEqual(await counts(train), [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
    assert.deepEqual(await counts(test), [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
    let sum = 0;
    let seen = 0;
    for await (const { input, target } of train.shuffle(1).batch(64).iterate({ prefetch: 2 })) {
      assert.equal(input.shape[0], target.size);
      seen += target.size;
      for (const pixel of input.data) sum += Number(pixel);
    }
    assert.equal(seen, 60_000);
    // the mean of MNIST's training pixels, as everyone normalises by it
    assert.ok(Math.abs(sum / (60_000 * 784 * 255) - 0.1307) < 0.0001, `${sum / (60_000 * 784 * 255)}`);
  });
});
