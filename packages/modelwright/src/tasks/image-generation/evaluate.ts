import { join } from 'node:path';
import { readModelFolder } from '../../saved/folder.js';
import { load } from '../../train/save.js';
import type { EvaluateResult } from '../events.js';
import { Judge } from './judge.js';
import type { ImageGenerationEvaluateOptions } from './options.js';
import { openPictures } from './pictures.js';
import { Sampler, seedsOf } from './samples.js';
import { judgeFolder, taskName } from './saved.js';

/** The most samples that are measured, and pictures that they are compared with. */
const mostSamples = 10_000;

/**
 * Measures a saved generator by the classifier saved with it: samples against as many pictures, of the part to measure on where the data has one.
 * @throws Error when the model is for something else or was saved without a classifier, or the pictures do not fit it
 */
export async function evaluateImageGenerator(
  options: ImageGenerationEvaluateOptions,
): Promise<EvaluateResult> {
  const started = performance.now();
  const { config, directory } = await readModelFolder(options.model);
  const { latent, channels, height } = config.preprocessing ?? {};
  if (
    config.task !== taskName ||
    typeof latent !== 'number' ||
    typeof channels !== 'number' ||
    typeof height !== 'number'
  ) {
    throw new Error(`${options.model} is not a model that makes pictures: it is for ${config.task}.`);
  }
  const like = { channels, size: height };
  const classifier = await load(join(directory, judgeFolder)).catch((cause: unknown) => {
    throw new Error(`${options.model} was saved without a classifier to measure it by.`, { cause });
  });
  const pictures = await openPictures(options.data, { like });
  const trained = await load(options.model);
  const [judge, sampler] = [new Judge(classifier, like), new Sampler(trained.model)];
  try {
    const real = pictures.test ?? pictures.train;
    const count = Math.min(mostSamples, real.length);
    await judge.seeReal(real, count);
    const classes = trained.classNames?.length;
    const labels = classes === undefined ? undefined : Array.from({ length: count }, (_, i) => i % classes);
    const samples = await sampler.make(trained.variables, seedsOf(labels ?? count, { latent, seed: 0 }));
    return {
      task: taskName,
      model: options.model,
      data: options.data,
      examples: count,
      metrics: await judge.measure(samples, labels),
      seconds: (performance.now() - started) / 1000,
    };
  } finally {
    await sampler.release();
    await judge.release();
  }
}
