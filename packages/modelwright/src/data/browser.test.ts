import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

describe('the browser part of the data room', () => {
  it('bundles without Node, and with no package but the engine of tokenizers', async () => {
    const result = await build({
      entryPoints: [fileURLToPath(new URL('./browser.js', import.meta.url))],
      bundle: true,
      format: 'esm',
      platform: 'browser', // an import from Node is an error
      write: false,
      metafile: true,
    });
    const inputs = Object.keys(result.metafile.inputs);
    assert.ok(inputs.some((file) => file.endsWith('/dataset.js')));
    assert.deepEqual(
      inputs.filter((file) => file.includes('node_modules') && !file.includes('/@huggingface/tokenizers/')),
      [],
    );
  });
});
