import { basename, resolve } from 'node:path';
import type { ArrayTree, Variables } from '../../nn/context.js';
import { checkModelDestination } from '../../saved/folder.js';
import { TrainedModel } from '../../train/trained.js';
import type { TrainResult } from '../events.js';
import { finishTraining, trainNetwork } from '../trainNetwork.js';
import { adversarialBatches } from './batches.js';
import type { Judge } from './judge.js';
import { openJudge } from './judges.js';
import type { ImageGenerationTrainOptions } from './options.js';
import { type ExamplePictures, openPictures } from './pictures.js';
import { Sampler, seedsOf } from './samples.js';
import { saveGenerator, taskName } from './saved.js';
import { type GenerationSettings, settingsOf } from './settings.js';
import { SampleSheets } from './sheets.js';

/** The most pictures that are measured where nothing else is said. */
const measuredByDefault = 5000;
/** Pictures that are measured come from another seed than those that are shown. */
const measuringSeed = 1_000_003;

/**
 * Learns to make pictures like those given: a DCGAN, whose two networks are trained in turn. After each epoch a grid of samples is drawn, and
 * where there is a classifier of such pictures, samples are measured by it. Saved is the running average of the generator.
 * @throws Error when the data cannot be read, its pictures have no size that the networks can make, an option is out of range, or the folder to
 *   save in holds something else
 */
export async function trainImageGenerator(options: ImageGenerationTrainOptions): Promise<TrainResult> {
  const { data, out, onEvent } = options;
  await checkModelDestination(out);
  const started = performance.now();
  const pictures = await openPictures(data, options);
  for (const text of pictures.notes) onEvent?.({ kind: 'note', text });
  const settings = settingsOf(options, { ...pictures, classes: pictures.classNames.length });
  const judge = await openJudge(pictures, options);
  const sampler = new Sampler(settings.generator);
  try {
    const real = pictures.test ?? pictures.train;
    const count = Math.min(options.measuredSamples ?? measuredByDefault, real.length);
    await judge?.judge.seeReal(real, count);
    const sheets = new SampleSheets(out, sampler, settings, pictures.classNames.length);
    const measure = measureBy(judge?.judge, sampler, settings, count);
    const trained = await fitAdversaries(pictures, settings, options, async (variables, epoch) => {
      await sheets.draw(variables, epoch);
      return measure(variables);
    });
    const metrics = { ...trained.history.epochs.at(-1)?.train, ...(await measure(trained.variables)) };
    await saveGenerator(trained, {
      options,
      pictures,
      settings,
      metrics,
      judge: judge?.directory,
      sheets: await sheets.files(),
      measured: count,
      name: basename(resolve(data)),
    });
    return await finishTraining(options, {
      task: taskName,
      model: 'dcgan',
      metrics,
      epochs: trained.training.epochs,
      started,
    });
  } finally {
    await sampler.release();
    await judge?.judge.release();
  }
}

type Measure = (variables: Variables) => Promise<Record<string, number>>;

/** Measures what a generator makes, always from the same latent vectors; nothing where there is no judge. */
function measureBy(
  judge: Judge | undefined,
  sampler: Sampler,
  { latent, classes }: GenerationSettings,
  count: number,
): Measure {
  const labels = classes === undefined ? undefined : Array.from({ length: count }, (_, i) => i % classes);
  const seeds = judge && seedsOf(labels ?? count, { latent, seed: measuringSeed });
  return async (variables) =>
    judge && seeds ? judge.measure(await sampler.make(variables, seeds), labels) : {};
}

/** Trains both networks, and gives the generator alone. */
async function fitAdversaries(
  pictures: ExamplePictures,
  settings: GenerationSettings,
  options: ImageGenerationTrainOptions,
  measure: (variables: Variables, epoch: number) => Promise<Record<string, number>>,
): Promise<TrainedModel> {
  const { epochs, batchSize, optimizer, average, criticSteps, latent, generator } = settings;
  const batches = adversarialBatches(pictures.train, settings, options);
  const trained = await trainNetwork(
    settings.discriminatorStep,
    batches,
    {
      loss: settings.discriminatorLoss,
      trains: 'discriminator',
      alternates: [
        {
          name: 'generator',
          model: settings.generatorStep,
          loss: settings.generatorLoss,
          trains: 'generator',
          every: criticSteps,
        },
      ],
      optimizer,
      average,
      epochs,
      batchSize,
      measure: (variables, epoch) => measure(generatorOf(variables), epoch),
    },
    {
      options,
      model: 'dcgan',
      classes: settings.classes === undefined ? [] : pictures.classNames,
      examples: { train: pictures.train.length, validation: 0 },
    },
  );
  const float = { dtype: 'float32', shape: [batchSize, latent] } as const;
  return new TrainedModel({
    ...trained,
    model: generator,
    variables: generatorOf(trained.variables),
    batchTypes: {
      latent: float,
      ...(settings.classes !== undefined && { label: { dtype: 'int32', shape: [batchSize] } as const }),
      target: { dtype: 'int32', shape: [batchSize] },
    },
    ...(settings.classes !== undefined && { classNames: pictures.classNames }),
  });
}

function generatorOf({ parameters, state }: Variables): Variables {
  return {
    parameters: (parameters.generator ?? {}) as ArrayTree,
    state: (state.generator ?? {}) as ArrayTree,
  };
}
