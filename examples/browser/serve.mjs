// Bundles this page and serves it on this machine: npm run example:browser
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundlePage, servePage } from '../../packages/modelwright/dist/testing/browserServer.js';

const bundle = await mkdtemp(join(tmpdir(), 'modelwright-example-'));
const here = (name) => new URL(name, import.meta.url);
await bundlePage({ main: here('main.ts'), worker: here('worker.ts') }, bundle);
const { address } = await servePage([bundle, fileURLToPath(here('.'))], Number(process.env.PORT ?? 8080));
console.log(`Open ${address} in a browser. Ctrl+C ends.`);
