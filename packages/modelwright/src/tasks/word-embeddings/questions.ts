import { linesOf } from '../../data/text/lines.js';
import type { AnalogySections } from './measure.js';

/**
 * Reads analogies in the form of word2vec's `questions-words.txt`: four words a line, "a is to b as c is to d", below lines such as
 * `: capitals` that name sections.
 * @param where how messages name the file
 * @throws Error naming the line that does not hold four words
 */
export function parseAnalogies(
  text: string,
  options: { readonly lowercase?: boolean; readonly where?: string } = {},
): AnalogySections {
  const { lowercase = true, where = 'analogies' } = options;
  const sections = new Map<string, [string, string, string, string][]>();
  let section = 'analogies';
  for (const [index, line] of linesOf(text).entries()) {
    const clean = line.trim();
    if (clean === '') continue;
    if (clean.startsWith(':')) {
      section = clean.slice(1).trim();
      continue;
    }
    const words = (lowercase ? clean.toLowerCase() : clean).split(/\s+/);
    if (words.length !== 4) {
      throw new Error(
        `${where}, line ${index + 1}: a question has four words ("a is to b as c is to d"), but here there are ${words.length}: ${clean.slice(0, 60)}`,
      );
    }
    sections.set(section, [...(sections.get(section) ?? []), words as [string, string, string, string]]);
  }
  if (sections.size === 0) throw new Error(`${where} holds no questions: lines of four words.`);
  return Object.fromEntries(sections);
}
