import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import stringWidth from 'string-width';
import type { EpochRecord } from '../history.js';
import { confusionMatrixText, curveText, type ProgressOptions, progressBar, tableText } from './index.js';
import { truncate } from './table.js';

const control = '\u001b';

/** A progress bar on a stream and a clock that the test drives. */
function progress(options: Partial<ProgressOptions> & { isTTY?: boolean; columns?: number }) {
  const written: string[] = [];
  const clock = { time: 0 };
  const { isTTY = false, columns = 100, ...rest } = options;
  const bar = progressBar({
    epochs: 3,
    stepsPerEpoch: 100,
    stream: { isTTY, columns, write: (text) => written.push(text) },
    environment: {},
    now: () => clock.time,
    ...rest,
  });
  return { bar, written, clock };
}

const record = (epoch: number, seconds: number): EpochRecord => ({
  epoch,
  step: 100 * epoch,
  seconds,
  learningRate: 0.1,
  train: { loss: 0.25 },
  validation: { loss: 0.5 },
});

describe('progressBar in a terminal', () => {
  it('redraws at most ten times a second, in one line that fits', () => {
    const { bar, written, clock } = progress({ isTTY: true });
    for (let step = 1; step <= 100; step++, clock.time += 20)
      bar.update({ epoch: 1, step, metrics: { loss: 1 / step } });
    assert.equal(written.length, 20); // two seconds
    for (const text of written) {
      assert.ok(text.startsWith(`\r${control}[K`) && !text.includes('\n'));
      assert.ok(stringWidth(text) < 100);
    }
  });

  it('tells the speed, and the time left by the steps and then by the whole epochs', () => {
    const { bar, written, clock } = progress({ isTTY: true, batchSize: 32 });
    const drawn = (): string => stripVTControlCharacters(written.at(-1)!).trim();
    bar.update({ epoch: 1, step: 1 });
    clock.time = 4900;
    bar.update({ epoch: 1, step: 50 }); // 49 steps in 4.9 s; 50 + 200 steps are left
    assert.match(drawn(), /^epoch 1\/3 {2}━+─+ {2}50\/100 {2}320 examples\/s {2}ETA 0:25$/);
    const [filled, empty] = [/━+/, /─+/].map((part) => part.exec(drawn())![0].length);
    assert.equal(filled, empty);
    bar.endEpoch(record(1, 40));
    clock.time = 10_000;
    bar.update({ epoch: 2, step: 10 });
    clock.time = 11_000;
    bar.update({ epoch: 2, step: 20 }); // 80 steps at 10 a second, and an epoch of 40 s
    assert.match(drawn(), /20\/100 {2}320 examples\/s {2}ETA 0:48$/);
  });

  it('replaces the bar by the line of the epoch that ended, and leaves nothing behind', () => {
    const { bar, written } = progress({ isTTY: true });
    bar.update({ epoch: 1, step: 1 });
    bar.log('note');
    assert.equal(written[1], `\r${control}[Knote\n${written[0]!.slice(4)}`);
    bar.endEpoch(record(1, 61));
    const line = 'epoch 1/3  1:01  loss 0.2500  validation loss 0.5000\n';
    assert.equal(stripVTControlCharacters(written[2]!).trimStart(), line);
    bar.close();
    assert.equal(written.length, 3);
  });

  it('shortens what does not fit, and does without colour under NO_COLOR', () => {
    const { bar, written } = progress({
      isTTY: true,
      columns: 24,
      environment: { NO_COLOR: '1' },
      language: 'zh',
    });
    bar.update({ epoch: 1, step: 50, metrics: { accuracy: 0.5 } });
    assert.equal(written[0], `\r${control}[K轮次 1/3  50/100  准确…`);
    bar.endEpoch(record(1, 2));
    assert.ok(!written[1]!.includes(`${control}[1m`));
    const coloured = progress({ isTTY: true });
    coloured.bar.endEpoch(record(1, 2));
    assert.ok(coloured.written[0]!.includes(`${control}[1m`));
  });

  it('counts steps when their number is not known', () => {
    const { bar, written } = progress({
      isTTY: true,
      stepsPerEpoch: undefined,
      environment: { NO_COLOR: '1' },
    });
    bar.update({ epoch: 1, step: 7, metrics: { loss: 3 } });
    assert.equal(written[0], `\r${control}[Kepoch 1/3  step 7  loss 3.0000`);
  });
});

describe('progressBar elsewhere', () => {
  it('writes plain lines, one every ten seconds and one for each epoch', () => {
    for (const options of [{ isTTY: false }, { isTTY: true, environment: { TERM: 'dumb' } }]) {
      const { bar, written, clock } = progress(options);
      for (let step = 1; step <= 100; step++) {
        clock.time += 250;
        bar.update({ epoch: 1, step, metrics: { loss: 2 } });
      }
      bar.endEpoch(record(1, 25));
      bar.close();
      assert.deepEqual(written, [
        'epoch 1/3  40/100  4.0 steps/s  ETA 1:05  loss 2.0000\n',
        'epoch 1/3  80/100  4.0 steps/s  ETA 0:55  loss 2.0000\n',
        'epoch 1/3  0:25  loss 0.2500  validation loss 0.5000\n',
      ]);
    }
  });
});

describe('tableText', () => {
  it('lines columns up by the width of their characters, numbers to the right', () => {
    assert.equal(
      tableText([
        ['名称', 'n', '%'],
        ['猫', 5, '50%'],
        ['a dog', 12, '7.5%'],
      ]),
      ['名称    n     %', '─────  ──  ────', '猫      5   50%', 'a dog  12  7.5%'].join('\n'),
    );
  });

  it('does without a heading, with missing cells, and without rows', () => {
    assert.equal(tableText([['a', 'b', 'c'], ['ddd']], { heading: false }), 'a    b  c\nddd');
    assert.equal(tableText([]), '');
  });

  it('cuts text by its width, never through a character', () => {
    assert.deepEqual(
      [6, 5, 4, 3, 1, 0].map((width) => truncate('汉字a👩‍👩‍👧', width)),
      ['汉字a…', '汉字…', '汉…', '汉…', '…', ''],
    );
    assert.equal(truncate('汉字', 4), '汉字');
  });
});

describe('confusionMatrixText', () => {
  it('gives recall a row and precision a column', () => {
    const lines = confusionMatrixText(
      [
        [3, 1],
        [2, 2],
      ],
      ['cat', '狗'],
    ).split('\n');
    assert.match(lines[0]!, /cat +狗 +recall$/);
    assert.match(lines[2]!, /^cat +3 +1 +75\.0%$/);
    assert.match(lines[3]!, /^狗 +2 +2 +50\.0%$/);
    assert.match(lines[4]!, /^precision +60\.0% +66\.7%$/);
    assert.throws(() => confusionMatrixText([[1]], ['a', 'b']), /confusionMatrixText: 2 class names/);
  });

  it('numbers the columns when names are long', () => {
    const lines = confusionMatrixText(
      [
        [1, 0],
        [0, 0],
      ],
      ['a rather long name', 'b'],
    ).split('\n');
    assert.match(lines[0]!, / 0 +1 +recall$/);
    assert.match(lines[2]!, /^0 a rather long name +1 +0 +100\.0%$/);
    assert.match(lines[3]!, /^1 b +0 +0$/); // no example, so no recall
  });
});

describe('curveText', () => {
  /** The dots of each dot column, counted from the top. */
  function dots(text: string): number[][] {
    const bits = [
      [0x01, 0x02, 0x04, 0x40],
      [0x08, 0x10, 0x20, 0x80],
    ];
    const lines = text.split('\n').map((line) => [...line.slice(line.indexOf('┤') + 1)]);
    return Array.from({ length: 2 * lines[0]!.length }, (_, x) =>
      lines.flatMap((line, y) =>
        bits[x & 1]!.flatMap((bit, row) =>
          (line[x >> 1]!.codePointAt(0)! - 0x2800) & bit ? [4 * y + row] : [],
        ),
      ),
    );
  }

  it('draws a rising line as a diagonal', () => {
    const text = curveText([0, 1, 2, 3, 4, 5, 6, 7], { height: 2, width: 4 });
    assert.deepEqual(dots(text), [[7], [6], [5], [4], [3], [2], [1], [0]]);
    assert.deepEqual(
      text.split('\n').map((line) => line.slice(0, 7)),
      ['7.0000 ', '0.0000 '],
    );
  });

  it('joins steps, averages what is too fine, and leaves gaps', () => {
    assert.deepEqual(dots(curveText([0, 0, 7, 7], { height: 2, width: 2 })), [
      [7],
      [7],
      [0, 1, 2, 3, 4, 5, 6],
      [0],
    ]);
    assert.deepEqual(dots(curveText([0, 0, 2, 4, 6, 7], { height: 2, width: 1 })), [[6], [1, 2, 3, 4, 5]]);
    assert.deepEqual(dots(curveText([0, Number.NaN, 7, 7], { height: 2, width: 2 })), [[7], [], [0], [0]]);
  });

  it('draws a constant and one value, and nothing where nothing is finite', () => {
    assert.deepEqual(dots(curveText([5], { height: 1, width: 1 })), [[2], [2]]);
    assert.deepEqual(dots(curveText([5, 5], { height: 1, width: 1 })), [[2], [2]]);
    assert.equal(curveText([Number.NaN]), '');
    assert.equal(curveText([]), '');
  });
});
