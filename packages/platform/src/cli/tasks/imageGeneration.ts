import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import type { ImageGenerationTrainOptions } from 'modelwright/tasks';
import { numberFrom, positiveNumber, wholeNumber } from '../numbers.js';
import { PathOption } from '../pathOption.js';
import type { CliTask } from './task.js';

/** What image generation can be trained with; the names are those of `ImageGenerationTrainOptions`. */
function addTrainOptions(command: Command): Command {
  return command
    .requiredOption(
      '-d, --data <folder|name>',
      'a folder of pictures, with a folder for each class or without; or a dataset: digits, mnist',
    )
    .requiredOption('-o, --out <folder>', 'where to save the model')
    .addOption(
      new Option('--loss <name>', 'what the networks are trained with (default: hinge)').choices([
        'hinge',
        'non-saturating',
        'wasserstein',
      ]),
    )
    .option('--no-conditional', 'do not tell the generator which class to make')
    .option('--latent <n>', 'numbers in a latent vector (default: 64)', wholeNumber(1, 4096))
    .option('--width <n>', "channels at half the pictures' size (default: 32)", wholeNumber(1, 1024))
    .option('--image-size <pixels>', '4 to 7 times a power of two, such as 28, 32, 64', wholeNumber(8, 512))
    .addOption(
      new Option('--channels <n>', 'read pictures of a folder in grey (1) or colour (3, the default)')
        .choices(['1', '3'])
        .argParser(Number),
    )
    .option('--spectral', 'divide weights by their spectral norm (default: unless wasserstein)')
    .option('--no-spectral', 'leave weights as they are')
    .option('--critic-steps <n>', 'steps of the discriminator for each of the generator', wholeNumber(1))
    .option(
      '--average <decay>',
      'of the running average that is saved (default: 0.99)',
      numberFrom(0, 0.999999),
    )
    .option('-e, --epochs <n>', 'epochs (default: 10)', wholeNumber(1))
    .option(
      '--steps-per-epoch <n>',
      'steps after which it is measured (default: the data once)',
      wholeNumber(1),
    )
    .option('-b, --batch-size <n>', 'pictures in a step (default: 64)', wholeNumber(2))
    .option(
      '-l, --learning-rate <x>',
      'rate of both networks (default: 0.0005; wasserstein 0.0001)',
      positiveNumber,
    )
    .option('-s, --seed <n>', 'equal seeds give equal runs', wholeNumber(0, 2 ** 32 - 1))
    .addOption(new Option('--device <device>', 'what to compute with').choices(['cpu', 'webgpu']))
    .addOption(
      new PathOption('--judge <folder>', 'saved classifier to measure by (default: one is trained first)'),
    )
    .option('--no-judge', 'do not measure')
    .option('--measured-samples <n>', 'samples measured after each epoch (default: 5000)', wholeNumber(2))
    .option('--resume', 'go on from the last checkpoint, where there is one');
}

/** Options of commander that stand for true unless they are denied say nothing by themselves. */
function trainOptions(options: Readonly<Record<string, unknown>>): Partial<ImageGenerationTrainOptions> {
  const { conditional, judge, ...rest } = options;
  return {
    ...rest,
    ...(conditional === false && { conditional }),
    ...(judge !== true && { judge: judge as string | false }),
  };
}

export const imageGeneration: CliTask = {
  description: 'make pictures like those given',
  trainExamples: [
    'modelwright train image-generation --data digits --epochs 20 --out models/drawn-digits',
    'modelwright train image-generation --data flowers/ --image-size 64 --loss wasserstein --out models/flowers',
  ],
  addTrainOptions,
  async train(options, hooks) {
    const { trainImageGenerator } = await import('modelwright/tasks');
    return trainImageGenerator({ ...(trainOptions(options) as ImageGenerationTrainOptions), ...hooks });
  },
  async evaluate(model, options) {
    const { evaluateImageGenerator } = await import('modelwright/tasks');
    return evaluateImageGenerator({ model, ...options });
  },
  input: 'none',
  async openPredictor(directory, { count = 16, class: wanted, seed = 0, towards, out = '.' }) {
    const { encodePng } = await import('modelwright/data');
    const { openImageGenerator } = await import('modelwright/tasks');
    const generator = await openImageGenerator(directory);
    return {
      predict: () => Promise.reject(new Error('A generator of pictures takes no input.')),
      async predictAlone() {
        const pictures = await generator.generate({ count, class: wanted, seed, towards });
        await mkdir(out, { recursive: true });
        const files: { file: string; label: string | undefined }[] = [];
        for (const [i, { image, label }] of pictures.entries()) {
          const number = String(i + 1).padStart(4, '0');
          const name =
            label === undefined ? number : `${number}-${label.replaceAll(/[^\p{L}\p{N}._-]/gu, '_')}`;
          const file = join(out, `${name}.png`);
          await writeFile(file, await encodePng(image));
          files.push({ file, label });
        }
        return { json: { seed, pictures: files }, text: files.map(({ file }) => file).join('\n') };
      },
      release: () => generator.release(),
    };
  },
};
