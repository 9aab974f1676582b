// For tests and examples: bundles modules for browsers, and serves them with the files of onnxruntime-web beside them.
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const ortFiles = dirname(fileURLToPath(import.meta.resolve('onnxruntime-web/ort-wasm-simd-threaded.wasm')));

const mediaTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.wasm': 'application/wasm',
};

/**
 * Bundles modules for browsers: `{ main: url }` becomes `main.js` in the folder.
 * @throws Error when something they import needs Node
 */
export async function bundlePage(entries: Readonly<Record<string, URL>>, folder: string): Promise<void> {
  await build({
    entryPoints: Object.fromEntries(Object.entries(entries).map(([name, url]) => [name, fileURLToPath(url)])),
    outdir: folder,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    sourcemap: 'linked',
    // Leaves onnxruntime-web's worker script in a file of its own, beside its .wasm.
    conditions: ['onnxruntime-web-use-extern-wasm'],
    logLevel: 'silent',
  });
}

export interface PageServer extends AsyncDisposable {
  readonly address: string;
}

/**
 * Serves folders on this machine alone, an earlier one before a later one, and onnxruntime-web's files under `/ort/`. The
 * headers make the page cross-origin isolated: without that, browsers give WebAssembly no threads.
 */
export async function servePage(folders: string | readonly string[], port = 0): Promise<PageServer> {
  const roots = [folders].flat();
  const server = createServer(async (request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname));
    const candidates = path.startsWith('/ort/')
      ? [join(ortFiles, path.slice(5))]
      : roots.map((root) => join(root, path));
    response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
    response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
    const file = await firstFile(
      path.endsWith('/') ? candidates.map((name) => join(name, 'index.html')) : candidates,
    );
    if (file) {
      response.setHeader('Content-Type', mediaTypes[extname(file)] ?? 'application/octet-stream');
      createReadStream(file).pipe(response);
    } else if (path === '/') {
      response.setHeader('Content-Type', 'text/html').end('<!doctype html><title>Modelwright</title>');
    } else response.writeHead(404).end();
  });
  await new Promise<void>((resolve, reject) =>
    server.once('error', reject).listen(port, '127.0.0.1', resolve),
  );
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function firstFile(names: readonly string[]): Promise<string | undefined> {
  for (const name of names) {
    const found = await stat(name).catch(() => undefined);
    if (found?.isFile()) return name;
  }
  return undefined;
}
