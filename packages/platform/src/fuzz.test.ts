import assert from 'node:assert/strict';
import { it } from 'node:test';
import { fuzz } from './testing/fuzz.js';

it('refuses every malformed request with a reason, and changes nothing for it', async () => {
  const { failures, changed, statuses, faults } = await fuzz(600, 1);
  assert.deepEqual([failures, changed], [[], []]);
  assert.ok(statuses[400]! > 100 && statuses[404]! > 20, JSON.stringify(statuses));
  assert.ok(Object.keys(faults).length > 20, JSON.stringify(faults));
});
