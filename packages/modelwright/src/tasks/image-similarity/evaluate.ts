import type { ModelConfig } from '../../saved/config.js';
import { readModelFolder } from '../../saved/folder.js';
import { load } from '../../train/save.js';
import { Embedder } from './embed.js';
import { measureSimilarity } from './measure.js';
import type { ImageSimilarityEvaluateOptions, SimilarityEvaluateResult } from './options.js';
import { onlyClasses, openClasses } from './pictures.js';
import { taskName } from './saved.js';

/**
 * Measures a saved model on pictures by classes. Where the data has at least two classes that the training has not seen, by their names, these
 * alone are measured.
 * @throws Error when the model or the data cannot be read, or their channels differ
 */
export async function evaluateImageSimilarity(
  options: ImageSimilarityEvaluateOptions,
): Promise<SimilarityEvaluateResult> {
  const started = performance.now();
  const { config } = await readModelFolder(options.model);
  const { channels, size, seenClasses } = preprocessingOf(config, options.model);
  const trained = await load(options.model);
  const { train: all, classNames } = await openClasses(options.data, { like: { channels, size } });
  const unseen = classNames.filter((name) => !seenClasses.includes(name));
  const measured = unseen.length >= 2 ? unseen : classNames;
  const embedder = new Embedder(trained.model);
  try {
    const pictures = await onlyClasses(all, measured);
    const found = measureSimilarity(await embedder.embed(trained.variables, pictures));
    return {
      task: taskName,
      model: options.model,
      data: options.data,
      examples: found.pictures,
      seconds: (performance.now() - started) / 1000,
      metrics: found.metrics,
      threshold: found.threshold,
      classes: {
        measured: measured.length,
        seen: measured.filter((name) => seenClasses.includes(name)).length,
      },
    };
  } finally {
    await embedder.release();
  }
}

interface Preprocessing {
  readonly channels: 1 | 3;
  readonly size: readonly [number, number];
  readonly seenClasses: readonly string[];
}

/** @throws Error when the model is for something else */
function preprocessingOf({ task, preprocessing = {} }: ModelConfig, directory: string): Preprocessing {
  const { channels, height, width, seenClasses } = preprocessing;
  if (
    task !== taskName ||
    (channels !== 1 && channels !== 3) ||
    typeof height !== 'number' ||
    typeof width !== 'number' ||
    !Array.isArray(seenClasses)
  ) {
    throw new Error(`${directory} is not a model that compares pictures: it is for ${task}.`);
  }
  return { channels, size: [height, width], seenClasses: seenClasses.map(String) };
}
