import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ContentHash } from '../data/fingerprint.js';
import { Tokenizer } from '../data/text/index.js';
import { type ModelFolder, readModelFolder } from '../saved/folder.js';

/** A saved model's folder. @throws Error when the model is for another task */
export async function readTaskFolder(directory: string, task: string): Promise<ModelFolder> {
  const folder = await readModelFolder(directory);
  if (folder.config.task !== task)
    throw new Error(`${directory} is not a model for ${task}: it is for ${folder.config.task}.`);
  return folder;
}

/**
 * The tokenizer in a folder of a saved model.
 * @param subfolder where it lies in the model's folder; left out, in that folder itself
 * @throws Error when a file is missing or damaged
 */
export async function readTokenizerFiles({ directory }: ModelFolder, subfolder = ''): Promise<Tokenizer> {
  const read = (name: string): Promise<string> =>
    readFile(join(directory, subfolder, name), 'utf8').catch((cause: unknown) => {
      throw new Error(`${directory} has no ${join(subfolder, name)}. Save or copy the model again.`, {
        cause,
      });
    });
  const names = ['tokenizer.json', 'tokenizer_config.json'];
  return Tokenizer.fromFiles(
    Object.fromEntries(await Promise.all(names.map(async (name) => [name, await read(name)] as const))),
  );
}

/** By which the same tokenizer is known again. */
export function fingerprintOfTokenizer({ json, config }: Tokenizer): Promise<string> {
  return new ContentHash().add(JSON.stringify(json)).add(JSON.stringify(config)).digest();
}

/**
 * The tokenizer in a folder of a saved model, as `readTokenizerFiles` reads it, with as many tokens as the model was trained with.
 * @throws Error when a file is missing, damaged, or another model's
 */
export async function readTokenizerOfSize(
  folder: ModelFolder,
  size: unknown,
  subfolder = '',
): Promise<Tokenizer> {
  const tokenizer = await readTokenizerFiles(folder, subfolder);
  if (tokenizer.vocabularySize === size) return tokenizer;
  throw new Error(
    `${folder.directory}: ${join(subfolder, 'tokenizer.json')} has ${tokenizer.vocabularySize} tokens, but the model was trained with ${String(size)}: ` +
      "it is another model's. Save or copy the model again.",
  );
}

/**
 * The tokenizer in a saved model's folder, and that folder, whose configuration tells the size of the vocabulary.
 * @throws Error when the model is for another task, or a file is missing, damaged, or another model's
 */
export async function readSavedTokenizer(
  directory: string,
  task: string,
): Promise<{ readonly tokenizer: Tokenizer; readonly folder: ModelFolder }> {
  const folder = await readTaskFolder(directory, task);
  return {
    tokenizer: await readTokenizerOfSize(folder, folder.config.preprocessing?.vocabularySize),
    folder,
  };
}
