import { type Command, Option } from 'commander';
import { numberFrom, positiveNumber, wholeNumber } from '../numbers.js';

/** How a task speaks of its data. */
export interface CommonOptionTexts {
  /** What `--data` takes. */
  readonly data: { readonly placeholder: string; readonly description: string };
  /** What an example is, in the plural: images, texts. */
  readonly examples: string;
  /** What `--epochs` says. Default: times to go through the data. */
  readonly epochs?: string;
  /** What `--validation-split` says. Default: a share held out where there is no test part. */
  readonly split?: string;
}

/** `--too-long`: what becomes of texts or sentences that are longer than the model takes. */
export const tooLongOption = (examples: string): Option =>
  new Option('--too-long <what>', `what to do with longer ${examples} (default: truncate)`).choices([
    'truncate',
    'refuse',
  ]);

/** Options of `NetworkTrainOptions` that every training of a network takes, in the order of the help. */
export function addNetworkTrainOptions(command: Command, texts: CommonOptionTexts): Command {
  return command
    .requiredOption(`-d, --data <${texts.data.placeholder}>`, texts.data.description)
    .requiredOption('-o, --out <folder>', 'where to save the model')
    .option('-e, --epochs <n>', texts.epochs ?? 'times to go through the data', wholeNumber(1))
    .option('-b, --batch-size <n>', `${texts.examples} in a step`, wholeNumber(1))
    .option('-l, --learning-rate <x>', 'size of the steps', positiveNumber)
    .option('-s, --seed <n>', 'equal seeds give equal runs', wholeNumber(0, 2 ** 32 - 1))
    .addOption(new Option('--device <device>', 'what to compute with').choices(['cpu', 'webgpu']))
    .option(
      '--validation-split <share>',
      texts.split ?? `share of the ${texts.examples} held out where there is no test part, 0 to 0.5`,
      numberFrom(0, 0.5),
    )
    .option(
      '--checkpoint-every <seconds>',
      'between two checkpoints within an epoch (default: 60)',
      positiveNumber,
    )
    .option('--resume', 'go on from the last checkpoint, where there is one');
}
