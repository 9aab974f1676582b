import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

describe('the browser part of the data room', () => {
  it('bundles without Node, and at first with no package but the engine of tokenizers: decoders of sound come when asked for', async () => {
    const result = await build({
      entryPoints: [fileURLToPath(new URL('./browser.js', import.meta.url))],
      bundle: true,
      format: 'esm',
      platform: 'browser', // an import from Node is an error
      write: false,
      metafile: true,
    });
    const { inputs } = result.metafile;
    const entry = Object.keys(inputs).find((file) => file.endsWith('/data/browser.js'))!;
    const loaded = new Set([entry]);
    for (const file of loaded) {
      for (const { path, kind } of inputs[file]!.imports) if (kind !== 'dynamic-import') loaded.add(path);
    }
    assert.ok([...loaded].some((file) => file.endsWith('/dataset.js')));
    assert.deepEqual(
      [...loaded].filter(
        (file) => file.includes('node_modules') && !file.includes('/@huggingface/tokenizers/'),
      ),
      [],
    );
  });
});
