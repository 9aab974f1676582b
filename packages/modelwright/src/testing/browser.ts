// For tests: runs a module in headless Chromium, served with the headers that give WebAssembly its threads.
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright-core';
import { bundlePage, servePage } from './browserServer.js';

const chromiumPath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';

/** Why no browser can be opened here; undefined when one can. For a test's `skip`. */
export const browserMissing: string | undefined = existsSync(chromiumPath)
  ? undefined
  : `there is no Chromium at ${chromiumPath}: install it, or set CHROMIUM_PATH`;

const arguments_ = [
  '--no-sandbox',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];
/** Also without a GPU: SwiftShader, which Chromium brings along, computes WebGPU on the CPU. */
const webgpuArguments = [
  '--enable-unsafe-webgpu',
  '--enable-features=Vulkan',
  '--use-webgpu-adapter=swiftshader',
  '--use-vulkan=swiftshader',
];

export interface BrowserOptions {
  /** Whether the page may use WebGPU. Default: false. */
  readonly webgpu?: boolean;
  /** Milliseconds the page may take. Default: 60,000. */
  readonly timeout?: number;
  /** Looks at the page before it is closed. */
  readonly inspect?: (page: Page) => Promise<void>;
}

/**
 * Calls the default export of a module, bundled for browsers, in a page of headless Chromium.
 * @param entry the module; relative addresses of onnxruntime-web's files are `/ort/`
 * @param argument what the function is called with, as JSON
 * @returns what it gives, as JSON
 * @throws Error with what the page printed, when the function fails or takes too long
 */
export async function runInBrowser<Result>(
  entry: URL,
  argument: unknown,
  options: BrowserOptions = {},
): Promise<Result> {
  const { webgpu = false, timeout = 60_000, inspect } = options;
  const folder = await mkdtemp(join(tmpdir(), 'modelwright-browser-'));
  const printed: string[] = [];
  try {
    await bundlePage({ call: entry }, folder);
    await using server = await servePage(folder);
    const browser = await chromium.launch({
      executablePath: chromiumPath,
      args: webgpu ? [...arguments_, ...webgpuArguments] : arguments_,
    });
    try {
      const page = await browser.newPage();
      page.on('console', (message) => printed.push(message.text()));
      page.on('pageerror', (error) => printed.push(String(error)));
      await page.goto(server.address);
      const call = `import('/call.js').then((entry) => entry.default(${JSON.stringify(argument)}))`;
      const late = new Promise<never>((_, reject) => {
        setTimeout(() => reject(new Error(`the page took more than ${timeout} ms`)), timeout).unref();
      });
      const result = await Promise.race([page.evaluate(call), late]);
      await inspect?.(page);
      return result as Result;
    } finally {
      await browser.close();
    }
  } catch (error) {
    throw new Error(
      `${error instanceof Error ? error.message : error}\nThe page printed:\n${printed.join('\n')}`,
      { cause: error },
    );
  } finally {
    await rm(folder, { recursive: true });
  }
}
