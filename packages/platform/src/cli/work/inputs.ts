import { readdir, readFile, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { readLabelled } from 'modelwright/data';

/** An input of a prediction: what it is called, and the name of a file or the text itself. */
export interface Input {
  readonly name: string;
  readonly source: string;
}

/**
 * What to predict on: all files of a folder or one file; or texts, those of a .csv, .tsv or .jsonl file, or the lines of another.
 * @throws Error when nothing is there, or it holds nothing
 */
export async function inputsOf(data: string, kind: 'file' | 'text'): Promise<readonly Input[]> {
  const there = await stat(data).catch((cause: unknown) => {
    throw new Error(
      `There is nothing to predict on at ${data}: give a path on the worker, or send the data.`,
      {
        cause,
      },
    );
  });
  const inputs = kind === 'file' ? await filesOf(data, there.isDirectory()) : await textsOf(data);
  if (inputs.length === 0) throw new Error(`There is nothing to predict on in ${data}.`);
  return inputs;
}

async function filesOf(data: string, isFolder: boolean): Promise<Input[]> {
  if (!isFolder) return [{ name: data, source: data }];
  const entries = await readdir(data, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !entry.name.startsWith('.'));
  const paths = files.map((entry) => join(entry.parentPath, entry.name)).sort();
  return paths.map((path) => ({ name: path.slice(data.length).replace(/^[\\/]/, ''), source: path }));
}

async function textsOf(file: string): Promise<Input[]> {
  if (['.csv', '.tsv', '.jsonl', '.ndjson'].includes(extname(file).toLowerCase())) {
    const { examples } = await readLabelled(file, { labelled: false });
    return examples.map(({ text }) => ({ name: text, source: text }));
  }
  const lines = (await readFile(file, 'utf8')).split(/\r?\n/).filter((line) => line.trim() !== '');
  return lines.map((line) => ({ name: line, source: line }));
}
