// The process in which runOnWebgpu() runs a module: checks that there is an adapter, then calls the module.
import { Graph } from '../graph/graph.js';
import { input } from '../graph/tensor.js';
import { neg } from '../primitives/index.js';
import { ortWebgpu } from '../runtime/ortNode.js';
import type { WebgpuReply } from './webgpu.js';

const text = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);

async function adapterMissing(): Promise<string | undefined> {
  const x = input('x', 'float32', [1]);
  try {
    await (await ortWebgpu.compile(new Graph([x], [neg(x)]))).release();
    return undefined;
  } catch (error) {
    return `There is no WebGPU adapter: ${error instanceof Error ? error.message.trim() : error}`;
  }
}

async function reply(entry: string, argument: string): Promise<WebgpuReply> {
  const missing = await adapterMissing();
  if (missing !== undefined) return { missing };
  try {
    const { default: main } = (await import(entry)) as { default: (argument: unknown) => unknown };
    return { result: await main(JSON.parse(argument)) };
  } catch (error) {
    return { error: text(error) };
  }
}

const [entry, argument] = process.argv.slice(2);
process.send!(await reply(entry!, argument!), () => process.exit(0));
