import { readText } from '../../data/text/files.js';
import { grammarSentences } from './grammar.js';
import { type MethodName, type MethodOptions, requireMethod } from './methods.js';
import type { WordEmbeddingsTrainOptions } from './options.js';
import { splitWords } from './words.js';

/** How many sentences of the grammar are learnt from. */
const grammarSize = 8000;

/** The sentences to learn from: of a file, or made here. */
export async function openSentences({
  data,
  seed = 0,
  language,
  lowercase,
}: WordEmbeddingsTrainOptions): Promise<string[][]> {
  return data === 'grammar'
    ? grammarSentences(grammarSize, seed)
    : splitWords(await readText(data), { language, lowercase });
}

/** All that decides how a training goes, with nothing left out. */
export interface Settings extends MethodOptions {
  readonly method: MethodName;
  readonly dimensions: number;
  readonly epochs: number;
  readonly learningRate: number;
  readonly seed: number;
}

/**
 * The options of a training, with the defaults for its method and data.
 * @param words in the corpus
 * @throws Error when there is no such method, or a number is out of its range
 */
export function settingsFor(options: WordEmbeddingsTrainOptions, words: number): Settings {
  const method = requireMethod(options.model ?? 'skip-gram');
  const isGlove = method === 'glove';
  const isGrammar = options.data === 'grammar';
  const share = Math.round(words / 100);
  const settings: Settings = {
    method,
    dimensions: options.dimensions ?? (isGrammar ? 50 : 100),
    epochs: options.epochs ?? (isGlove ? 30 : 10),
    batchSize: options.batchSize ?? Math.min(4096, Math.max(isGlove ? 512 : 1024, share)),
    learningRate: options.learningRate ?? 0.05,
    window: options.window ?? 5,
    negatives: options.negatives ?? 5,
    subsample: options.subsample ?? (isGrammar ? 0 : 1e-3),
    maximumCount: words < 1_000_000 ? 10 : 100,
    seed: options.seed ?? 0,
  };
  for (const name of ['dimensions', 'epochs', 'batchSize', 'window', 'negatives'] as const) {
    if (!(Number.isInteger(settings[name]) && settings[name] >= 1)) {
      throw new RangeError(
        `The option '${name}' must be a whole number, 1 or more, but it is ${settings[name]}.`,
      );
    }
  }
  if (!(settings.learningRate > 0))
    throw new RangeError(`The option 'learningRate' must be above 0, but it is ${settings.learningRate}.`);
  if (!(settings.subsample >= 0))
    throw new RangeError(`The option 'subsample' must be 0 or more, but it is ${settings.subsample}.`);
  return settings;
}
