import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { clockTime, groupedNumber, megabytes, prefixedNumber, shortNumber } from './numbers.js';

describe('numbers as text', () => {
  it('writes measured values short, whatever their size', () => {
    const values = [0, 0.12346, -2, 12.346, 1234.5, 1.25e-7, 2e9, Number.NaN, Number.NEGATIVE_INFINITY];
    const texts = ['0.0000', '0.1235', '-2.0000', '12.35', '1235', '1.25e-7', '2e+9', 'NaN', '-Infinity'];
    assert.deepEqual(values.map(shortNumber), texts);
  });

  it('writes counts, sizes and durations', () => {
    assert.equal(groupedNumber(1234567), '1,234,567');
    assert.deepEqual([950, 999.9, 12_345, 4.56e7, 7.89e9].map(prefixedNumber), [
      '950',
      '1k',
      '12.3k',
      '45.6M',
      '7.89G',
    ]);
    assert.equal(megabytes(1_234_567), '1.23 MB');
    assert.deepEqual([0, 7.4, 59.6, 754, 3723].map(clockTime), ['0:00', '0:07', '1:00', '12:34', '1:02:03']);
  });
});
