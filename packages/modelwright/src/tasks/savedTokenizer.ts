import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Tokenizer } from '../data/text/index.js';
import type { ModelConfig } from '../saved/config.js';
import { readModelFolder } from '../saved/folder.js';

/**
 * The tokenizer in a saved model's folder, and the model's configuration, whose preprocessing tells the size of the vocabulary.
 * @throws Error when the model is for another task, or a file is missing, damaged, or another model's
 */
export async function readSavedTokenizer(
  directory: string,
  task: string,
): Promise<{ readonly tokenizer: Tokenizer; readonly config: ModelConfig }> {
  const folder = await readModelFolder(directory);
  const config = folder.config as ModelConfig;
  if (config.task !== task)
    throw new Error(`${directory} is not a model for ${task}: it is for ${config.task}.`);
  const read = (name: string): Promise<string> =>
    readFile(join(folder.directory, name), 'utf8').catch((cause: unknown) => {
      throw new Error(`${directory} has no ${name}. Save or copy the model again.`, { cause });
    });
  const names = ['tokenizer.json', 'tokenizer_config.json'];
  const tokenizer = Tokenizer.fromFiles(
    Object.fromEntries(await Promise.all(names.map(async (name) => [name, await read(name)] as const))),
  );
  const size = config.preprocessing?.vocabularySize;
  if (tokenizer.vocabularySize !== size) {
    throw new Error(
      `${directory}: tokenizer.json has ${tokenizer.vocabularySize} tokens, but the model was trained with ${String(size)}: ` +
        "it is another model's. Save or copy the model again.",
    );
  }
  return { tokenizer, config };
}
