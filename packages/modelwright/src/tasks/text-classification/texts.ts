import { readdir, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { type LabelledText, labelledFormats, readLabelled } from '../../data/text/index.js';
import type { TextSourceOptions } from './options.js';
import { generateReviews } from './reviews.js';

/** Labelled texts to learn from and to measure on. */
export interface TextData {
  readonly train: readonly LabelledText[];
  /** To choose the best epoch by; empty where there are none. */
  readonly validation: readonly LabelledText[];
  /** To measure on; empty where there are none. */
  readonly test: readonly LabelledText[];
  /** What a person should know: lines without a text. */
  readonly notes: readonly string[];
}

const parts = {
  train: ['train', 'training'],
  validation: ['dev', 'validation', 'valid', 'val'],
  test: ['test'],
} as const;

/**
 * Opens labelled texts: a file, a folder with a file for each part, or `reviews`.
 * @throws Error when there is no such data, or naming file and line where it cannot be read
 */
export async function openTexts({ data, textColumn, labelColumn }: TextSourceOptions): Promise<TextData> {
  if (data === 'reviews') {
    return { train: generateReviews(2000, 0), validation: [], test: generateReviews(500, 1), notes: [] };
  }
  const notes: string[] = [];
  const read = async (file: string | undefined): Promise<readonly LabelledText[]> => {
    if (file === undefined) return [];
    const { examples, empty } = await readLabelled(file, { textColumn, labelColumn });
    if (empty.length > 0) {
      const lines = empty.slice(0, 5).join(', ');
      notes.push(
        `${file}: ${empty.length} row(s) without a text left out, in line ${lines}${empty.length > 5 ? ', ...' : ''}.`,
      );
    }
    return examples;
  };
  const found = await stat(data).catch(() => undefined);
  if (!found) {
    throw new Error(
      `There is no file or folder '${data}'. Give one, or 'reviews' for a data set that is made here.`,
    );
  }
  if (!found.isDirectory()) return { train: await read(data), validation: [], test: [], notes };
  const names = await readdir(data);
  const fileOf = (part: keyof typeof parts): string | undefined => {
    const wanted: readonly string[] = parts[part];
    const fitting = names.filter((name) => {
      const end = extname(name).toLowerCase();
      return end in labelledFormats && wanted.includes(basename(name, extname(name)).toLowerCase());
    });
    if (fitting.length > 1)
      throw new Error(`${data} has several files for ${part}: ${fitting.join(', ')}. Leave one.`);
    return fitting[0] === undefined ? undefined : join(data, fitting[0]);
  };
  const train = fileOf('train');
  if (train === undefined) {
    throw new Error(
      `${data} has no file train.csv, train.tsv or train.jsonl. Name the file itself, or call the files of the parts train, dev and test.`,
    );
  }
  return {
    train: await read(train),
    validation: await read(fileOf('validation')),
    test: await read(fileOf('test')),
    notes,
  };
}

/** The labels that occur, sorted. @throws Error when there are fewer than two */
export function labelsOf(examples: readonly LabelledText[], data: string): string[] {
  const labels = [...new Set(examples.map(({ label }) => label!))].sort();
  if (labels.length < 2)
    throw new Error(`${data}: every text has the label '${labels[0]}'. There must be two labels at least.`);
  return labels;
}

/**
 * The number of each example's label.
 * @throws Error naming file and line of a label that the training has not seen
 */
export function targetsOf(examples: readonly LabelledText[], labels: readonly string[]): number[] {
  const numbers = new Map(labels.map((label, i) => [label, i]));
  return examples.map(({ label, file, line }) => {
    const target = numbers.get(label!);
    if (target !== undefined) return target;
    throw new Error(
      `${file}:${line}: the label '${label}' was not seen in training. Labels: ${labels.slice(0, 20).join(', ')}${labels.length > 20 ? ', ...' : ''}.`,
    );
  });
}

/** Holds out the n-th, 2n-th ... text of each label. */
export function holdOutTexts(
  examples: readonly LabelledText[],
  share: number,
): { train: readonly LabelledText[]; held: readonly LabelledText[] } {
  if (share === 0) return { train: examples, held: [] };
  if (!(share > 0 && share <= 0.5)) {
    throw new RangeError(`The share to validate on must lie between 0 and 0.5, but it is ${share}.`);
  }
  const every = Math.round(1 / share);
  const seen = new Map<string, number>();
  const isHeld = examples.map(({ label }) => {
    const count = (seen.get(label!) ?? 0) + 1;
    seen.set(label!, count);
    return count % every === 0;
  });
  return { train: examples.filter((_, i) => !isHeld[i]), held: examples.filter((_, i) => isHeld[i]) };
}
