import { readFile } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { type LabelledFormat, type LabelledOptions, type LabelledTexts, parseLabelled } from './labelled.js';
import { decodeUtf8 } from './utf8.js';

/** What the ends of file names stand for. */
export const labelledFormats: Readonly<Record<string, LabelledFormat>> = {
  '.csv': 'csv',
  '.tsv': 'tsv',
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
};

const unpacked = promisify(gunzip);

/**
 * A file as text; one whose name ends in .gz is unpacked.
 * @throws Error when it cannot be read or unpacked, or naming byte and line where it is not UTF-8
 */
export async function readText(file: string): Promise<string> {
  const bytes = await readFile(file);
  if (extname(file).toLowerCase() !== '.gz') return decodeUtf8(bytes, file);
  const content = await unpacked(bytes).catch((cause: unknown) => {
    throw new Error(`${file} cannot be unpacked: it is damaged, or no gzip file.`, { cause });
  });
  return decodeUtf8(content, file);
}

/**
 * Labelled texts of a file: .csv, .tsv, .jsonl or .ndjson.
 * @throws Error for another kind of file, or naming file and line
 */
export async function readLabelled(file: string, options: LabelledOptions = {}): Promise<LabelledTexts> {
  const format = labelledFormats[extname(file).toLowerCase()];
  if (!format) {
    throw new Error(
      `${basename(file)} is none of ${Object.keys(labelledFormats).join(', ')}: the end of its name says how a file is read.`,
    );
  }
  return parseLabelled(await readText(file), format, { name: file, ...options });
}
