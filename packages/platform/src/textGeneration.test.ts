import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { lastLineJson, run } from './cli/testing.js';

describe('text generation on the command line', () => {
  let folder = '';
  let out = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'modelwright-generation-'));
    out = join(folder, 'grammar');
  });
  after(() => rm(folder, { recursive: true }));

  it('trains, measures, and writes text as programs and people want it', async () => {
    const small = ['--layers', '1', '--width', '16', '--heads', '2', '--block-size', '16'];
    const args = [
      'train',
      'text-generation',
      '--data',
      'grammar',
      '--out',
      out,
      ...small,
      '--iterations',
      '4',
    ];
    const trained = await run([...args, '--json']);
    assert.equal(trained.status, 0, trained.stderr);
    const { metrics } = lastLineJson(trained.stdout) as { metrics: Record<string, number> };
    const measured = lastLineJson((await run(['evaluate', out, '--data', 'grammar', '--json'])).stdout);
    const loss = (measured.metrics as Record<string, number>).loss!;
    assert.ok(Math.abs(loss - metrics.loss!) < 1e-5);

    const asked = ['predict', out, '--prompt', 'the king', '--maximum-length', '5', '--seed', '3'];
    const { status, stdout } = await run(asked);
    assert.equal(status, 0);
    const { results } = lastLineJson((await run([...asked, '--json'])).stdout) as {
      results: { prompt: string; generated: string }[];
    };
    assert.equal(results[0]!.prompt, 'the king');
    assert.equal(stdout, `the king${results[0]!.generated}\n`);
    assert.equal((await run(['predict', out])).status, 2);
    assert.match(
      (await run(['predict', out, 'x'.repeat(17)])).stderr,
      /^modelwright: .*(does not know|looks back on 16)/,
    );
  });
});
