import { type Command, InvalidArgumentError, Option } from 'commander';
import type { HeardWord, SpeechRecognizer, SpeechTrainOptions } from 'modelwright/tasks';
import { wholeNumber } from '../numbers.js';
import { PathOption } from '../pathOption.js';
import { type CliTask, type PredictionOutcome, parsed } from './task.js';
import { addNetworkTrainOptions } from './trainOptions.js';

/** Two whole numbers such as 2-7. */
function span(text: string): readonly [number, number] {
  const found = /^(\d+)-(\d+)$/.exec(text);
  if (found) return [Number(found[1]), Number(found[2])];
  throw new InvalidArgumentError('It should be two whole numbers, such as 2-7.');
}

/** What speech recognition can be trained with; the names are those of `SpeechTrainOptions`. */
function addTrainOptions(command: Command): Command {
  return addNetworkTrainOptions(command, {
    data: {
      placeholder: 'file|folder|name',
      description:
        'a list (.csv, .tsv, .jsonl) with columns file and text, a folder of sounds whose names tell what is said, or said-digits, which is made here',
    },
    examples: 'sounds',
  })
    .addOption(
      new Option('-m, --model <name>', 'network (default: conv-gru, which streams)').choices([
        'conv-gru',
        'conv-bigru',
        'conformer',
      ]),
    )
    .addOption(
      new Option(
        '--units <kind>',
        'what is heard one by one (default: characters; words with --strings)',
      ).choices(['character', 'word']),
    )
    .option('--alphabet <characters>', 'the characters there are (default: those of the transcripts)')
    .option('--strings <a-b>', 'make strings of a to b of the words that the sounds are', span)
    .option('--strings-per-epoch <n>', 'strings of an epoch (default: 600)', wholeNumber(1))
    .option('--pattern <pattern>', 'what names of files say, such as {label}_{speaker}_{take}.wav')
    .option('--hold-out <condition>', 'what to measure on, such as take=0-4 or speaker=ann,bob')
    .option('--sample-rate <hertz>', 'samples in a second (default: as most files have)', wholeNumber(1))
    .option('--no-augment', 'leave the sounds as they are in training')
    .option(
      '--ngram <n>',
      'words the language model looks at together, 0 for none (default: 3)',
      wholeNumber(0),
    )
    .addOption(
      new PathOption('--language-text <file>', 'more text for the language model, a sentence a line'),
    );
}

export const speechRecognition: CliTask = {
  description: 'write down what is said',
  trainExamples: [
    'modelwright train automatic-speech-recognition --data said-digits --out models/digits',
    "modelwright train automatic-speech-recognition --data takes --pattern '{label}_{speaker}_{take}' --strings 2-7 --hold-out take=0-4 --out models/strings",
    'modelwright train automatic-speech-recognition --data clips.csv --out models/dictation',
  ],
  addTrainOptions,
  async train(options, hooks) {
    const { trainSpeechRecognizer } = await import('modelwright/tasks');
    return trainSpeechRecognizer({ ...parsed<SpeechTrainOptions>(options), ...hooks });
  },
  async evaluate(model, options) {
    const { evaluateSpeechRecognizer } = await import('modelwright/tasks');
    return evaluateSpeechRecognizer({ model, ...options });
  },
  input: 'file',
  async openPredictor(directory, { speech = {} }) {
    const model = await open(directory);
    return {
      async predict(source) {
        return outcomeOf(await model.recognize(source, speech), speech.timestamps);
      },
      release: () => model.release(),
    };
  },
  async openStream(directory, { speech = {} }) {
    const { PcmReader } = await import('modelwright/data');
    const model = await open(directory);
    const stream = await model.stream(speech).catch(async (error: Error) => {
      await model.release();
      throw error;
    });
    const reader = new PcmReader();
    return {
      write: (bytes) => stream.write(reader.push(bytes)),
      async end() {
        const outcome = outcomeOf(await stream.end(), speech.timestamps);
        await model.release();
        return outcome;
      },
    };
  },
};

async function open(directory: string): Promise<SpeechRecognizer> {
  const { SpeechRecognizer } = await import('modelwright/tasks');
  return SpeechRecognizer.open(directory);
}

function outcomeOf(
  heard: { readonly text: string; readonly words: readonly HeardWord[]; readonly seconds: number },
  timestamps = false,
): PredictionOutcome {
  const lines = heard.words.map(
    ({ word, start, end }) => `${start.toFixed(2).padStart(7)} ${end.toFixed(2).padStart(7)}  ${word}`,
  );
  return { json: heard, text: timestamps ? lines.join('\n') : heard.text };
}
