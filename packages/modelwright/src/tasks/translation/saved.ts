import type { Tokenizer } from '../../data/text/index.js';
import type { BleuTokenization } from '../../nn/metrics/text/index.js';
import type { JsonObject } from '../../saved/config.js';
import { load } from '../../train/save.js';
import type { TrainedModel } from '../../train/trained.js';
import { fingerprintOfTokenizer, readTaskFolder, readTokenizerFiles } from '../savedTokenizer.js';
import type { TranslationSettings } from './settings.js';
import type { TranslationTokenizers } from './tokenizers.js';

export const taskName = 'translation';

/** The folder of the target's tokenizer in a model's folder; the source's lies in the model's folder itself. */
export const targetFolder = 'target_tokenizer';

/** What a translator needs beside its network and its tokenizers. */
export interface SavedSettings
  extends Pick<TranslationSettings, 'columns' | 'maximumLength' | 'validationSplit'> {
  /** How BLEU cuts the target's texts. */
  readonly bleuTokens: BleuTokenization;
}

/** A saved translator. */
export interface SavedTranslator extends SavedSettings {
  readonly trained: TrainedModel;
  readonly tokenizers: TranslationTokenizers;
}

/** What config.json keeps of the settings, and by what it knows the tokenizers again. */
export async function preprocessingOf(
  { columns, maximumLength, validationSplit, bleuTokens }: SavedSettings,
  { source, target }: TranslationTokenizers,
): Promise<JsonObject> {
  return {
    columns: [...columns],
    maximumLength,
    validationSplit,
    bleuTokens,
    sourceTokenizer: await fingerprintOfTokenizer(source),
    targetTokenizer: await fingerprintOfTokenizer(target),
  };
}

/** The files of both tokenizers by their path in the folder. */
export function tokenizerFiles({ source, target }: TranslationTokenizers): Record<string, string> {
  const inFolder = Object.entries(target.files()).map(([name, text]) => [`${targetFolder}/${name}`, text]);
  return { ...source.files(), ...Object.fromEntries(inFolder) };
}

/**
 * Reads a saved translator.
 * @throws Error when the model is for something else, or a tokenizer is missing, damaged, or another model's
 */
export async function readTranslator(directory: string): Promise<SavedTranslator> {
  const folder = await readTaskFolder(directory, taskName);
  const { columns, maximumLength, validationSplit, bleuTokens, ...known } = folder.config.preprocessing ?? {};
  if (
    !Array.isArray(columns) ||
    typeof maximumLength !== 'number' ||
    typeof validationSplit !== 'number' ||
    (bleuTokens !== 'char' && bleuTokens !== '13a')
  ) {
    throw new Error(
      `${directory}: config.json does not say how the model was trained. Save or copy the model again.`,
    );
  }
  const read = async (subfolder: string, fingerprint: unknown): Promise<Tokenizer> => {
    const tokenizer = await readTokenizerFiles(folder, subfolder);
    if ((await fingerprintOfTokenizer(tokenizer)) === fingerprint) return tokenizer;
    const name = subfolder === '' ? 'tokenizer.json' : `${subfolder}/tokenizer.json`;
    throw new Error(
      `${directory}: ${name} is not the one that the model was trained with: it is another model's, or was changed. ` +
        'Save or copy the model again.',
    );
  };
  return {
    trained: await load(directory),
    tokenizers: {
      source: await read('', known.sourceTokenizer),
      target: await read(targetFolder, known.targetTokenizer),
    },
    columns: [Number(columns[0]), Number(columns[1])],
    maximumLength,
    validationSplit,
    bleuTokens,
  };
}
