import { linesOf } from './lines.js';

/** A sentence of a CoNLL file: what stands in each of its columns. */
export interface ConllSentence {
  /** [columns][tokens]: the columns that were asked for. */
  readonly columns: readonly (readonly string[])[];
  /** Line of its first token, from 1. */
  readonly line: number;
}

export interface ConllOptions {
  /** Which columns to read, from 0; -1 is the last. Default: the first and the last. */
  readonly columns?: readonly number[];
  /** What errors call the text. Default: 'text'. */
  readonly name?: string;
}

/**
 * Sentences in columns as CoNLL's shared tasks write them: a token a line, columns between white space, an empty line after each
 * sentence. Lines that begin with -DOCSTART- are passed over.
 * @throws Error naming file and line where a line has a column too few, or where there is no sentence
 */
export function parseConll(text: string, options: ConllOptions = {}): ConllSentence[] {
  const { columns: wanted = [0, -1], name = 'text' } = options;
  const fewest = Math.max(2, ...wanted.map((column) => (column < 0 ? -column : column + 1)));
  const sentences: ConllSentence[] = [];
  let open: { columns: string[][]; line: number } | undefined;
  for (const [index, content] of linesOf(text).entries()) {
    const cells = content.trim() === '' ? [] : content.trim().split(/[ \t]+/u);
    if (cells.length === 0 || cells[0] === '-DOCSTART-') {
      open = undefined;
      continue;
    }
    if (cells.length < fewest) {
      throw new Error(
        `${name}:${index + 1}: the line '${content.trim()}' has ${cells.length} column(s), but ${fewest} are needed: a token and its label.`,
      );
    }
    if (!open) {
      open = { columns: wanted.map(() => []), line: index + 1 };
      sentences.push(open);
    }
    for (const [i, column] of wanted.entries()) open.columns[i]!.push(cells.at(column)!);
  }
  if (sentences.length === 0) throw new Error(`${name}: there is no sentence in it.`);
  return sentences;
}
