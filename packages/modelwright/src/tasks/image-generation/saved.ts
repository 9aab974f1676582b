import type { TrainedModel } from '../../train/trained.js';
import { filesBelow } from './judges.js';
import type { ImageGenerationTrainOptions } from './options.js';
import type { ExamplePictures } from './pictures.js';
import { pixelsOf } from './samples.js';
import type { GenerationSettings } from './settings.js';

export const taskName = 'image-generation';
/** Where in the model's folder the classifier lies that measured it. */
export const judgeFolder = 'judge';

interface Saving {
  readonly options: ImageGenerationTrainOptions;
  readonly pictures: ExamplePictures;
  readonly settings: GenerationSettings;
  readonly metrics: Readonly<Record<string, number>>;
  /** Folder of the classifier that measured it. */
  readonly judge: string | undefined;
  /** Grids of samples by their paths in the folder, in order. */
  readonly sheets: Readonly<Record<string, Uint8Array>>;
  /** How many samples were measured. */
  readonly measured: number;
  /** What the data is called. */
  readonly name: string;
}

/** Saves a generator with its samples, and with the classifier that measured it. */
export async function saveGenerator(trained: TrainedModel, saving: Saving): Promise<void> {
  const { options, pictures, settings, metrics, judge, sheets, measured, name } = saving;
  const { size, channels, classNames } = pictures;
  const last = Object.keys(sheets).at(-1);
  const told =
    settings.classes === undefined ? '' : `, of a class that is asked for (${classNames.length} classes)`;
  await trained.save(options.out, {
    data: name,
    description:
      `Makes pictures of ${size} x ${size} pixels like those of ${name}${told}: the generator of a DCGAN of width ${options.width ?? 32}, trained ` +
      `with the ${settings.kind} loss, from latent vectors of ${settings.latent} normally distributed numbers.`,
    ...(judge !== undefined && {
      evaluation: {
        data: `${name}, ${measured} samples against as many pictures`,
        examples: measured,
        metrics,
      },
    }),
    form: { task: taskName, outputs: (output) => ({ image: pixelsOf(output) }) },
    preprocessing: { latent: settings.latent, channels, height: size, width: size },
    files: { ...sheets, ...(judge !== undefined && (await filesBelow(judge, judgeFolder))) },
    pictures:
      last === undefined ? [] : [{ file: last, caption: 'Samples of the last epoch, a column a class' }],
    limitations:
      'It repeats what its pictures show, and may repeat some of them closely. How good a sample looks was judged by a network, not by people.',
  });
}
