import { type Command, Option } from 'commander';
import type { WordEmbeddingsTrainOptions } from 'modelwright/tasks';
import { numberFrom, positiveNumber, wholeNumber } from '../numbers.js';
import { type CliTask, parsed } from './task.js';

/** What word embeddings can be learnt with; the names are those of `WordEmbeddingsTrainOptions`. */
function addTrainOptions(command: Command): Command {
  return command
    .requiredOption(
      '-d, --data <file|name>',
      'a text file, a sentence or paragraph a line; or grammar: sentences made here',
    )
    .requiredOption('-o, --out <folder>', 'where to save the model')
    .addOption(
      new Option('-m, --model <name>', 'method (default: skip-gram)').choices(['skip-gram', 'cbow', 'glove']),
    )
    .option('--dimensions <n>', 'numbers in a vector', wholeNumber(1, 10_000))
    .option('-e, --epochs <n>', 'times to go through the text', wholeNumber(1))
    .option('-b, --batch-size <n>', 'words, or for glove pairs of words, in a step', wholeNumber(1))
    .option('-l, --learning-rate <x>', 'rate of the steps', positiveNumber)
    .option('-w, --window <n>', 'words to either side that count as near', wholeNumber(1, 15))
    .option('--negatives <n>', 'noise words against each pair', wholeNumber(1))
    .option('--subsample <share>', 'thin out words of a larger share; 0 keeps all', numberFrom(0, 1))
    .option('--minimum-count <n>', 'leave out words that occur less often', wholeNumber(1))
    .option('--maximum-words <n>', 'keep this many words, the most frequent ones', wholeNumber(2))
    .option('--language <tag>', 'language of the text, such as en or zh')
    .option('--no-lowercase', 'keep capitals')
    .option('-s, --seed <n>', 'equal seeds give equal runs', wholeNumber(0, 2 ** 32 - 1))
    .option('--resume', 'go on from the last whole epoch of an interrupted training');
}

export const wordEmbeddings: CliTask = {
  description: 'learn vectors of words from text',
  trainExamples: [
    'modelwright train word-embeddings --data grammar --out models/words',
    'modelwright train word-embeddings --data novel.txt --model glove --dimensions 100 --out models/novel',
  ],
  addTrainOptions,
  async train(options, hooks) {
    const { trainWordEmbeddings } = await import('modelwright/tasks');
    return trainWordEmbeddings({ ...parsed<WordEmbeddingsTrainOptions>(options), ...hooks });
  },
  async evaluate(model, { data }) {
    const { evaluateWordEmbeddings } = await import('modelwright/tasks');
    return evaluateWordEmbeddings({ model, data });
  },
  input: 'text',
  async openPredictor(directory) {
    const { loadWordVectors } = await import('modelwright/tasks');
    const vectors = await loadWordVectors(directory);
    return {
      async predict(source, top) {
        const neighbours = vectors.nearest(String(source).trim(), top);
        const lines = neighbours.map(
          ({ word, similarity }) => `${similarity.toFixed(3).padStart(6)}  ${word}`,
        );
        return { json: { neighbours }, text: lines.join('\n') };
      },
      release: async () => undefined,
    };
  },
};
