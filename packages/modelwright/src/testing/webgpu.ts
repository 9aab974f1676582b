// For tests: runs a module in a process of its own that has WebGPU: on a GPU, or without one on SwiftShader.
import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';

/** A software implementation of Vulkan. Debian's package `chromium` brings it along. */
const swiftshader = '/usr/lib/chromium/vk_swiftshader_icd.json';

/** What the other process answers. */
export type WebgpuReply =
  | { readonly result: unknown }
  | { readonly error: string }
  | { readonly missing: string };

/**
 * Calls the default export of a module where `ortWebgpu` works.
 * @param entry the module
 * @param argument what the function is called with, as JSON
 * @returns what it gives, as JSON; or why there is no WebGPU here, for a test's `skip`
 * @throws Error when the function fails
 */
export async function runOnWebgpu<Result>(
  entry: URL,
  argument: unknown,
): Promise<{ result: Result } | { missing: string }> {
  const native = await ask(entry, argument, {});
  if (!('missing' in native)) return native as { result: Result };
  if (!existsSync(swiftshader))
    return { missing: `${native.missing} And there is no SwiftShader at ${swiftshader}.` };
  const environment = { VK_DRIVER_FILES: swiftshader, LD_LIBRARY_PATH: dirname(swiftshader) };
  return (await ask(entry, argument, environment)) as { result: Result } | { missing: string };
}

/** The driver is chosen when its library is loaded, by environment variables: hence a process for each. */
async function ask(entry: URL, argument: unknown, environment: Record<string, string>): Promise<WebgpuReply> {
  const child = fork(new URL('./webgpuMain.js', import.meta.url), [entry.href, JSON.stringify(argument)], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let printed = '';
  child.stderr!.on('data', (text) => {
    printed += text;
  });
  const reply = await new Promise<WebgpuReply>((resolve, reject) => {
    child.once('message', (message) => resolve(message as WebgpuReply));
    child.once('error', reject);
    child.once('close', (code) =>
      reject(new Error(`the process ended with ${code}. It printed:\n${printed}`)),
    );
  });
  if ('error' in reply) throw new Error(reply.error);
  return reply;
}
