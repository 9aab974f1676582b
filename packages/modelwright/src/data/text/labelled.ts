import { parse } from 'csv-parse/sync';
import { linesOf } from './lines.js';

/** A text with its label, where it has one. */
export interface LabelledText {
  readonly text: string;
  readonly label?: string;
  /** The file it stands in, or the name of the data set. */
  readonly file: string;
  /** Its line in the file, from 1. */
  readonly line: number;
}

export type LabelledFormat = 'csv' | 'tsv' | 'jsonl';

export interface LabelledOptions {
  /** Name of the column (or JSON field) of the text, or its number from 1. Default: text, sentence, review, content or the like. */
  readonly textColumn?: string | undefined;
  /** Name of the column (or JSON field) of the label, or its number from 1. Default: label, class, category, sentiment or the like. */
  readonly labelColumn?: string | undefined;
  /** Whether every text must have a label. Default: true. */
  readonly labelled?: boolean | undefined;
  /** What errors call the content. Default: 'text'. */
  readonly name?: string | undefined;
}

/** Labelled texts of a file, and how many lines held no text. */
export interface LabelledTexts {
  readonly examples: readonly LabelledText[];
  /** Lines without a text, which were left out. */
  readonly empty: readonly number[];
}

const usual = {
  text: ['text', 'sentence', 'review', 'content', 'comment', 'message', 'utterance', '文本', '内容', '评论'],
  label: ['label', 'class', 'category', 'sentiment', 'intent', 'target', '标签', '类别'],
};

interface Row {
  readonly cells: readonly string[];
  readonly line: number;
}

/**
 * Labelled texts in CSV (RFC 4180), in TSV (a tab between cells, no quotes) or as JSON lines.
 *
 * In tables the first line holds the names of the columns if it has a usual or the given ones; a table of two columns without
 * names is text, then label. Rows without a text are left out and told; a row without a label is an error.
 * @throws Error naming file and line
 */
export function parseLabelled(
  content: string,
  format: LabelledFormat,
  options: LabelledOptions = {},
): LabelledTexts {
  const { name = 'text', labelled = true } = options;
  const rows =
    format === 'jsonl' ? jsonRows(content, name, options) : tableRows(content, format, name, options);
  const examples: LabelledText[] = [];
  const empty: number[] = [];
  for (const { cells, line } of rows) {
    const [text = '', label = ''] = cells;
    if (text.trim() === '') empty.push(line);
    else if (label.trim() !== '') examples.push({ text, label: label.trim(), file: name, line });
    else if (labelled) throw new Error(`${name}:${line}: the label is missing. Give every text a label.`);
    else examples.push({ text, file: name, line });
  }
  if (examples.length === 0) throw new Error(`${name}: there is no text in it.`);
  return { examples, empty };
}

/** Text and label of each row. */
function tableRows(content: string, format: 'csv' | 'tsv', name: string, options: LabelledOptions): Row[] {
  const rows =
    format === 'csv'
      ? csvRows(content, name)
      : linesOf(content).map((line, i) => ({ cells: line.split('\t'), line: i + 1 }));
  const [first] = rows;
  if (!first) throw new Error(`${name}: there is no text in it.`);
  const names = first.cells.map((cell) => cell.trim());
  const find = (role: 'text' | 'label', given: string | undefined) => {
    const wanted = given === undefined ? usual[role] : [given];
    const index = names.findIndex((each) => wanted.includes(given === undefined ? each.toLowerCase() : each));
    if (index >= 0) return { index, named: true };
    if (given !== undefined && /^[1-9]\d*$/.test(given)) return { index: Number(given) - 1, named: false };
    if (given === undefined && names.length <= 2) return { index: role === 'text' ? 0 : 1, named: false };
    throw new Error(
      `${name}: there is no column ${given === undefined ? `for the ${role}` : `'${given}'`} among ${names.map((each) => `'${each}'`).join(', ')}. ` +
        `Name the ${role}'s column, or give its number from 1.`,
    );
  };
  const text = find('text', options.textColumn);
  const optional = options.labelled === false && options.labelColumn === undefined;
  const label =
    optional && names.length === 1 ? { index: 1, named: false } : find('label', options.labelColumn);
  const body = text.named || label.named ? rows.slice(1) : rows;
  return body.map(({ cells, line }) => ({
    cells: [cells[text.index] ?? '', cells[label.index] ?? ''],
    line,
  }));
}

function csvRows(content: string, name: string): Row[] {
  try {
    const records = parse(content, {
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
    }) as unknown as {
      readonly record: string[];
      readonly info: { readonly lines: number };
    }[];
    return records.map(({ record, info }) => ({ cells: record, line: info.lines }));
  } catch (cause) {
    const { message, lines } = cause as Error & { lines?: number };
    throw new Error(`${name}${lines === undefined ? '' : `:${lines}`}: this is not CSV: ${message}.`, {
      cause,
    });
  }
}

function jsonRows(content: string, name: string, { textColumn, labelColumn }: LabelledOptions): Row[] {
  return linesOf(content).flatMap((text, i): Row[] => {
    if (text.trim() === '') return [];
    const line = i + 1;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (cause) {
      throw new Error(`${name}:${line}: this is not JSON. Every line must hold one object.`, { cause });
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new Error(`${name}:${line}: expected an object such as {"text": "...", "label": "..."}.`);
    }
    const fields = value as Readonly<Record<string, unknown>>;
    const cell = (names: readonly string[]): string => {
      const key = names.find((each) => Object.hasOwn(fields, each) && fields[each] !== null);
      return key === undefined ? '' : String(fields[key]);
    };
    return [
      {
        cells: [
          cell(textColumn === undefined ? usual.text : [textColumn]),
          cell(labelColumn === undefined ? usual.label : [labelColumn]),
        ],
        line,
      },
    ];
  });
}
