import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Throttle } from './throttle.js';

describe('throttle', () => {
  it('lets a few failures pass, then makes a name wait twice as long each time, up to a limit', () => {
    let now = 0;
    const throttle = new Throttle(() => now);
    const waits = Array.from({ length: 16 }, () => {
      throttle.failed('li');
      const wait = throttle.waitOf('li');
      now += wait;
      return wait;
    });
    assert.deepEqual(waits.slice(0, 8), [0, 0, 0, 0, 1000, 2000, 4000, 8000]);
    assert.equal(Math.max(...waits), Throttle.longest);
    assert.equal(throttle.waitOf('zhou'), 0, 'others need not wait');
  });

  it('forgets after a success, and after a while', () => {
    let now = 0;
    const throttle = new Throttle(() => now);
    const fail = (times: number) => {
      for (let i = 0; i < times; i++) throttle.failed('li');
      return throttle.waitOf('li');
    };
    assert.ok(fail(6) > 0);
    throttle.succeeded('li');
    assert.equal(throttle.waitOf('li'), 0);
    assert.equal(fail(4), 0);
    now += Throttle.longest;
    assert.equal(fail(4), 0);
  });

  it('keeps a bounded number of names', () => {
    const throttle = new Throttle(() => 0);
    for (let i = 0; i < 5; i++) throttle.failed('first');
    for (let i = 0; i < 10_000; i++) throttle.failed(`name ${i}`);
    assert.equal(throttle.waitOf('first'), 0);
  });
});
