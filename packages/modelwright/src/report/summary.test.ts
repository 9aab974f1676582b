import assert from 'node:assert/strict';
import { it } from 'node:test';
import { summaryText, summaryTotals } from './summary.js';

/** A 3x3 convolution of 1 to 32 channels over 28x28 without padding, then a frozen float16 dense layer of 10. */
const rows = [
  {
    layer: 'conv',
    type: 'conv2d',
    outputShape: ['batch', 32, 26, 26],
    parameters: 32 * 9 + 32,
    flops: 2 * 32 * 9 * 26 * 26,
  },
  {
    layer: 'head',
    type: 'dense',
    outputShape: ['batch', 10],
    parameters: 1000,
    trainable: 0,
    bytes: 2000,
    flops: 2000,
  },
];

it('a summary adds up parameters, what is trainable, bytes and operations', () => {
  assert.deepEqual(summaryTotals(rows), { parameters: 1320, trainable: 320, bytes: 3280, flops: 391_376 });
  const lines = summaryText(rows).split('\n');
  assert.match(lines[2]!, /^conv +conv2d +\[batch, 32, 26, 26\] +320 +389k$/);
  assert.match(lines[3]!, /^head +dense +\[batch, 10\] +1,000 +2k$/);
  assert.deepEqual(lines.slice(5), [
    'Parameters: 1,320',
    'Trainable: 320',
    'Size: 0.00328 MB',
    'FLOPs: 391k',
  ]);
  assert.match(summaryText(rows, { language: 'zh' }), /参数量：1,320\n可训练：320/);
});
