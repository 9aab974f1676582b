// Operators as older versions of the standard write them, and those of scikit-learn's exporters.
import { describe, it } from 'node:test';
import { readFixture } from '../testing/fixture.js';
import { checkCase, type NodeCase } from './testing.js';

describe('operators in other versions and domains', () => {
  for (const example of readFixture<readonly NodeCase[]>(import.meta.url, 'fixtures/operators.json')) {
    it(example.name, () => checkCase(example));
  }
});
