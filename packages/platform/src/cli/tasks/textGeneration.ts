import { type Command, Option } from 'commander';
import type { TextGenerationTrainOptions } from 'modelwright/tasks';
import { numberFrom, positiveNumber, wholeNumber } from '../numbers.js';
import { writeNote } from '../output.js';
import { type CliTask, parsed } from './task.js';
import { addNetworkTrainOptions } from './trainOptions.js';

/** What a generator of text can be trained with; the names are those of `TextGenerationTrainOptions`. */
function addTrainOptions(command: Command): Command {
  return addNetworkTrainOptions(command, {
    data: { placeholder: 'file|name', description: 'a text file; or grammar: sentences made here' },
    examples: 'blocks',
    epochs: 'parts of the training, each measured at its end (default: 8)',
    split: 'share of the text held out at its end, above 0 to 0.5 (default: 0.1)',
  })
    .addOption(
      new Option('-t, --tokenizer <kind>', 'what tokens are (default: character)').choices([
        'character',
        'bpe',
      ]),
    )
    .option('--vocabulary-size <n>', 'the most tokens (default: 2000 for bpe)', wholeNumber(5))
    .option('--layers <n>', 'Transformer layers (default: 4)', wholeNumber(1))
    .option('--heads <n>', 'attention heads of a layer (default: 4)', wholeNumber(1))
    .option('--width <n>', 'features of a position, a multiple of the heads (default: 128)', wholeNumber(1))
    .option('--block-size <n>', 'tokens that the model looks back on (default: 64)', wholeNumber(8))
    .addOption(
      new Option('--positions <kind>', 'how positions are told apart (default: rotary)').choices([
        'rotary',
        'learned',
      ]),
    )
    .option('--dropout <share>', 'share of features dropped in training (default: 0)', numberFrom(0, 0.9))
    .option('-i, --iterations <n>', 'steps in all (default: 2000)', wholeNumber(1))
    .addOption(
      new Option('--blocks <order>', 'where blocks begin (default: random)').choices([
        'random',
        'consecutive',
      ]),
    )
    .option('--minimum-learning-rate <x>', 'the last rate (default: a tenth of the highest)', positiveNumber)
    .option('--warmup <n>', 'steps in which the rate rises (default: 100)', wholeNumber(0))
    .option('--weight-decay <x>', 'how much parameters shrink (default: 0.1)', numberFrom(0, 1));
}

export const textGeneration: CliTask = {
  description: 'go on with a text',
  trainExamples: [
    'modelwright train text-generation --data grammar --iterations 300 --out models/grammar',
    'modelwright train text-generation --data novel.txt --tokenizer bpe --out models/novel',
  ],
  addTrainOptions,
  async train(options, hooks) {
    const { trainTextGenerator } = await import('modelwright/tasks');
    return trainTextGenerator({ ...parsed<TextGenerationTrainOptions>(options), ...hooks });
  },
  async evaluate(model, options) {
    const { evaluateTextGenerator } = await import('modelwright/tasks');
    return evaluateTextGenerator({ model, ...options });
  },
  input: 'text',
  async openPredictor(directory) {
    const { openTextGenerator } = await import('modelwright/tasks');
    const generator = await openTextGenerator(directory);
    return {
      async predict(source, _top, { options, onPiece }) {
        const prompt = String(source);
        let text = '';
        for await (const piece of generator.generate(prompt, { ...options, onNote: writeNote })) {
          if (text === '') onPiece?.(prompt);
          onPiece?.(piece);
          text += piece;
        }
        return { json: { prompt, generated: text }, text: `${prompt}${text}` };
      },
      release: () => generator.release(),
    };
  },
};
