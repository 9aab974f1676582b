import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Traffic } from './traffic.js';

describe('Traffic', () => {
  it('gives each its share of any hundred in a row, evenly spread', () => {
    const shares = { main: 87, canary: 10, other: 3, shadow: 0 };
    const traffic = new Traffic(Object.entries(shares).map(([name, share]) => ({ name, share })));
    const dealt = Array.from({ length: 500 }, () => traffic.next().name);
    for (let start = 0; start <= 400; start++) {
      const count = (name: string): number =>
        dealt.slice(start, start + 100).filter((each) => each === name).length;
      assert.deepEqual(Object.keys(shares).map(count), Object.values(shares), `a hundred from ${start} on`);
    }
    const turns = dealt.flatMap((name, i) => (name === 'canary' ? [i] : []));
    const gaps = turns.slice(1).map((turn, i) => turn - turns[i]!);
    assert.ok(Math.min(...gaps) >= 7 && Math.max(...gaps) <= 13, `${gaps}`);
  });

  it('may have fractions of a hundred', () => {
    const traffic = new Traffic([{ share: 99.5 }, { share: 0.5 }]);
    const dealt = Array.from({ length: 1000 }, () => traffic.next().share);
    assert.equal(dealt.filter((share) => share === 0.5).length, 5);
  });
});
