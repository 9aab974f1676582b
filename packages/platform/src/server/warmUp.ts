import { NdArray } from 'modelwright/runtime';
import type { RunnableModel } from 'modelwright/saved';

/** The most elements of an input that a model is warmed with. */
const mostWarming = 2 ** 22;

/**
 * Runs a model once, so that the first request need not wait for memory to be laid out: on zeros, one of each open size but those of
 * pictures, which are as in training, and a second of sound. What does not take such inputs is warmed by its first request.
 */
export async function warmUp({ config, run }: RunnableModel): Promise<void> {
  const { height, width, sampleRate: samples } = config.preprocessing ?? {};
  const known: Readonly<Record<string, unknown>> = { height, width, samples };
  const sizeOf = (size: number | string): number => {
    const fixed = typeof size === 'number' ? size : known[size];
    return typeof fixed === 'number' ? fixed : 1;
  };
  const shapes = config.inputs.map(({ shape }) => shape.map(sizeOf));
  if (shapes.some((shape) => shape.reduce((product, size) => product * size, 1) > mostWarming)) return;
  const inputs = config.inputs.map(({ name, dtype }, i) => [name, new NdArray(dtype, shapes[i]!)] as const);
  await run(Object.fromEntries(inputs)).catch(() => undefined);
}
