import { type Command, Option } from 'commander';
import type { AudioClassificationTrainOptions } from 'modelwright/tasks';
import { positiveNumber, wholeNumber } from '../numbers.js';
import { shares } from '../output.js';
import { type CliTask, parsed } from './task.js';
import { addNetworkTrainOptions } from './trainOptions.js';

/** What audio classification can be trained with; the names are those of `AudioClassificationTrainOptions`. */
function addTrainOptions(command: Command): Command {
  return addNetworkTrainOptions(command, {
    data: {
      placeholder: 'folder|file|name',
      description:
        'a folder with a folder of sounds for each label, a list (.csv, .tsv, .jsonl) with columns file and label, or said-digits, which is made here',
    },
    examples: 'sounds',
  })
    .addOption(
      new Option('-m, --model <name>', 'network (default: audio-cnn)').choices(['audio-cnn', 'audio-crnn']),
    )
    .option('--pattern <pattern>', 'what names of files say, such as {label}_{speaker}_{take}.wav')
    .option('--hold-out <condition>', 'what to measure on, such as take=0-4 or speaker=ann,bob')
    .option('--sample-rate <hertz>', 'samples in a second (default: as most files have)', wholeNumber(1))
    .option('--seconds <x>', 'how long a sound is (default: as 98 % of them are)', positiveNumber)
    .option('--no-augment', 'leave the sounds as they are in training');
}

export const audioClassification: CliTask = {
  description: 'say what is heard: a word, an animal, a machine that is about to fail',
  trainExamples: [
    'modelwright train audio-classification --data said-digits --out models/digits',
    "modelwright train audio-classification --data recordings --pattern '{label}_{speaker}_{take}' --hold-out take=0-4 --out models/words",
  ],
  addTrainOptions,
  async train(options, hooks) {
    const { trainAudioClassifier } = await import('modelwright/tasks');
    return trainAudioClassifier({ ...parsed<AudioClassificationTrainOptions>(options), ...hooks });
  },
  async evaluate(model, options) {
    const { evaluateAudioClassifier } = await import('modelwright/tasks');
    return evaluateAudioClassifier({ model, ...options });
  },
  input: 'file',
  async openPredictor(directory) {
    const { openModel } = await import('modelwright/saved');
    const { predictSounds } = await import('modelwright/tasks');
    const model = await openModel(directory);
    return {
      async predict(source, top) {
        const [predictions] = await predictSounds(model, [source], { top });
        return { json: { predictions }, text: shares(predictions!) };
      },
      release: () => model.release(),
    };
  },
};
