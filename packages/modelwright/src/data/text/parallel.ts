import { linesOf } from './lines.js';

/** A text and its translation. */
export interface TextPair {
  readonly source: string;
  readonly target: string;
  /** Its line, from 1. */
  readonly line: number;
}

export interface ParallelOptions {
  /** Columns of source and target, from 0. Default: [0, 1]. */
  readonly columns?: readonly [source: number, target: number];
  /** What errors call the text. Default: 'text'. */
  readonly name?: string;
}

/**
 * Parallel text: on each line a text and its translation, a tab between them; further columns, such as attributions, are left out.
 * Empty lines are passed over.
 * @throws Error naming file and line where one of the two is missing or empty
 */
export function parseParallel(text: string, options: ParallelOptions = {}): TextPair[] {
  const { columns = [0, 1], name = 'text' } = options;
  const pairs: TextPair[] = [];
  for (const [index, content] of linesOf(text).entries()) {
    if (content.trim() === '') continue;
    const cells = content.split('\t');
    const [source, target] = columns.map((column) => cells[column]?.trim() ?? '') as [string, string];
    if (source === '' || target === '') {
      throw new Error(
        `${name}:${index + 1}: the ${source === '' ? 'source' : 'target'} is missing: a line needs both, a tab between them.`,
      );
    }
    pairs.push({ source, target, line: index + 1 });
  }
  return pairs;
}

/**
 * Parallel text in two texts: each line of one is translated in the same line of the other. Lines that are empty in both are
 * passed over.
 * @throws Error when they have not equally many lines, or a line is empty in one of them
 */
export function pairLines(source: string, target: string, name = 'text'): TextPair[] {
  const [sources, targets] = [linesOf(source), linesOf(target)];
  if (sources.length !== targets.length) {
    throw new Error(`${name}: the source has ${sources.length} lines, but the target has ${targets.length}.`);
  }
  return parseParallel(
    sources
      .map((line, i) => (`${line}${targets[i]}`.trim() === '' ? '' : `${line}\t${targets[i]}`))
      .join('\n'),
    { name },
  );
}
