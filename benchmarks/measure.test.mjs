import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { measureRow, median, plan } from './measure.mjs';
import { toMarkdown } from './report.mjs';

const protocol = new URL('./contestants/protocol.mjs', import.meta.url).href;

/** A contestant whose only row, 'sleep', has the given JavaScript as its step. */
const contestant = (name, step) => ({
  name,
  title: name,
  command: process.execPath,
  args: [
    '--input-type=module',
    '--eval',
    `import { Skip, serve } from '${protocol}';
     import { setTimeout as sleep } from 'node:timers/promises';
     await serve({ name: '${name}', version: '1', threads: 1, rows: { sleep: async () => ({ step: async () => { ${step} } }) } });`,
  ],
});
const options = { rounds: 5, seconds: 0.2 };

describe('measureRow', () => {
  it('times contestants side by side and keeps going when one fails', async () => {
    const results = await measureRow(
      { name: 'sleep' },
      [
        contestant('five', 'await sleep(5); return 1;'),
        contestant('twenty', 'await sleep(20); return 2;'),
        contestant('throws', 'throw new Error("no such luck");'),
        contestant('dies', 'process.exit(3);'),
        contestant('babbles', 'console.log("hello"); await sleep(1000);'),
        { name: 'absent', missing: 'PEERS is not set' },
      ],
      options,
    );
    assert.ok(results.twenty.medianMilliseconds > 18, 'a step that sleeps 20 ms takes no less');
    assert.equal(results.five.roundMedians.length, 5);
    assert.equal(results.twenty.lastLoss, 2);
    assert.ok(results.five.peakMemoryBytes > 1e7);
    assert.match(results.throws.skip, /no such luck/);
    assert.match(results.dies.skip, /ended with 3/);
    assert.match(results.babbles.skip, /not a JSON answer: hello/);
    assert.equal(results.absent.skip, 'PEERS is not set');
  });

  it('skips a row that a contestant does not have, and needs no contestant at all', async () => {
    const results = await measureRow({ name: 'other' }, [contestant('five', '')], options);
    assert.equal(results.five.skip, "five has no row 'other'");
    assert.deepEqual(await measureRow({ name: 'sleep' }, [], options), {});
  });
});

describe('plan', () => {
  it('shares the seconds among the rounds, keeps every round, and asks a slow contestant for two steps alone', () => {
    assert.deepEqual(plan(10, { seconds: 3, rounds: 5 }), { rounds: 5, steps: 60 });
    assert.deepEqual(plan(1000, { seconds: 3, rounds: 5 }), { rounds: 5, steps: 1 });
    assert.deepEqual(plan(37_000, { seconds: 3, rounds: 5 }), { rounds: 2, steps: 1 });
  });
});

describe('report', () => {
  it('puts the peer over Modelwright, so that above 1 means Modelwright is faster', () => {
    const result = (roundMedians) => ({
      roundMedians,
      medianMilliseconds: median(roundMedians),
      compileSeconds: 1,
      peakMemoryBytes: 5e8,
      version: '1',
      threads: 2,
    });
    const markdown = toMarkdown({
      machine: {},
      contestants: ['modelwright', 'torch', 'keras'].map((name) => ({ name, title: name })),
      rows: [
        {
          title: 'row',
          results: {
            modelwright: result([10, 12, 11]),
            torch: result([20, 18, 22]),
            keras: { skip: 'PEERS is not set' },
          },
        },
      ],
    });
    assert.match(markdown, /\| row +\| +11\.0 \| 20\.0 \(1\.82x; 1\.50-2\.00\) \| +\|/);
    assert.match(markdown, /- keras: PEERS is not set \(all rows\)/);
  });
});
