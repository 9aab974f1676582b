import { stat } from 'node:fs/promises';
import { ContentHash } from '../../data/fingerprint.js';
import { parseParallel, readText, type TextPair } from '../../data/text/index.js';
import { holdOutSentences, partsOf } from '../token-classification/sentences.js';
import { generateDates } from './dates.js';

/** A text and its translation, and the file that it stands in. */
export interface ParallelText extends TextPair {
  /** The file, or the name of the data set. */
  readonly file: string;
}

/** Pairs to learn from and to measure on. */
export interface PairData {
  readonly train: readonly ParallelText[];
  /** Looked at after each epoch. */
  readonly validation: readonly ParallelText[];
  /** Measured at the end. */
  readonly test: readonly ParallelText[];
}

/** Columns of source and target. */
type Columns = readonly [source: number, target: number];

/**
 * Opens pairs of texts: a file, a folder with a file for each part, or `dates`. Where there is no file for testing, every so
 * many-th pair is held out; where there is none for validation, the test's pairs take its place.
 * @throws Error when there is no such data, or naming file and line where a text is missing or bytes are not UTF-8
 */
export async function openPairs(
  data: string,
  options: { readonly columns: Columns; readonly validationSplit: number },
): Promise<PairData> {
  const parts = await readParts(data, options.columns);
  if (parts.test.length > 0) {
    return { ...parts, validation: parts.validation.length > 0 ? parts.validation : parts.test };
  }
  const { train, held } = holdOutSentences(parts.train, options.validationSplit);
  if (held.length === 0) {
    throw new Error(
      `${data} has ${parts.train.length} pair(s), of which none is held out. Give more, or a larger validationSplit.`,
    );
  }
  return { train, test: held, validation: parts.validation.length > 0 ? parts.validation : held };
}

/** All pairs of some data, one part behind the other. @throws Error as `openPairs` does */
export async function allPairs(data: string, columns: Columns): Promise<readonly ParallelText[]> {
  const { train, validation, test } = await readParts(data, columns);
  return [...train, ...validation, ...test];
}

async function readParts(data: string, columns: Columns): Promise<PairData> {
  if (data === 'dates') {
    const made = generateDates(3000).map(({ source, target, line }) => {
      const texts = [source, target];
      return { source: texts[columns[0]] ?? '', target: texts[columns[1]] ?? '', line, file: 'dates' };
    });
    if (made[0]!.source === '' || made[0]!.target === '')
      throw new Error(`dates has columns 0 (English) and 1 (Chinese), but not [${columns.join(', ')}].`);
    return { train: made, validation: [], test: [] };
  }
  const found = await stat(data).catch(() => undefined);
  if (!found) {
    throw new Error(
      `There is no file or folder '${data}'. Give one, or 'dates' for a data set that is made here.`,
    );
  }
  const files = found.isDirectory() ? await partsOf(data) : { train: data };
  const read = async (file: string | undefined): Promise<ParallelText[]> => {
    if (file === undefined) return [];
    const pairs = parseParallel(await readText(file), { name: file, columns });
    if (pairs.length === 0) throw new Error(`${file} has no line with a text and its translation.`);
    return pairs.map((pair) => ({ ...pair, file }));
  };
  return {
    train: await read(files.train),
    validation: await read(files.validation),
    test: await read(files.test),
  };
}

/** The pairs whose source is none of these, and how many others there are. */
export function unseenPairs<Pair extends Pick<TextPair, 'source'>>(
  pairs: readonly Pair[],
  train: readonly Pick<TextPair, 'source'>[],
): { readonly pairs: readonly Pair[]; readonly seen: number } {
  const known = new Set(train.map(({ source }) => source));
  const unseen = pairs.filter(({ source }) => !known.has(source));
  return { pairs: unseen, seen: pairs.length - unseen.length };
}

/** By which the same pairs are known again. */
export function fingerprintOf(pairs: readonly Pick<TextPair, 'source' | 'target'>[]): Promise<string> {
  const hash = new ContentHash();
  for (const { source, target } of pairs) hash.add(source).add(target);
  return hash.digest();
}
