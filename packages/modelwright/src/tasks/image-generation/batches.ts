import { Dataset } from '../../data/dataset.js';
import { NdArray } from '../../graph/array.js';
import type { ImageGenerationTrainOptions } from './options.js';
import { drawLatent } from './samples.js';
import type { GenerationSettings } from './settings.js';

/**
 * Batches `{ image, latent, label?, share?, target }` for both networks: pictures in a new order each time through, with latent vectors, and
 * where the slope is penalised shares, that are functions of (seed, time, place).
 * @throws RangeError when there are fewer pictures than a batch holds
 */
export function adversarialBatches(
  pictures: Dataset,
  { latent, classes, penalty, batchSize }: GenerationSettings,
  { seed = 0, stepsPerEpoch }: ImageGenerationTrainOptions,
): Dataset {
  const drawn = pictures.map(
    ({ input, target }, { random }) => ({
      image: input!,
      latent: drawLatent(latent, random),
      ...(classes !== undefined && { label: target! }),
      ...(penalty && { share: NdArray.of('float32', [], [random.uniform()]) }),
      target: target!,
    }),
    { seed },
  );
  const batches = drawn.shuffle(seed).batch(batchSize, { dropLast: true }) as Dataset;
  if (batches.length === 0) {
    throw new RangeError(
      `There are ${pictures.length} pictures, fewer than a batch of ${batchSize}. Bring more, or lower the batch size.`,
    );
  }
  return stepsPerEpoch === undefined ? batches : cutAnew(batches, stepsPerEpoch);
}

/** The same batches in the same order, in epochs of another length. */
function cutAnew(batches: Dataset, length: number): Dataset {
  const { batchSize } = batches;
  return new Dataset({
    length,
    at: (index, epoch) => {
      const position = epoch * length + index;
      return batches.at(position % batches.length, Math.floor(position / batches.length));
    },
    batchSize,
    fingerprint: () => batches.fingerprint(),
    classNames: batches.classNames,
    skipped: batches.skipped,
  });
}
