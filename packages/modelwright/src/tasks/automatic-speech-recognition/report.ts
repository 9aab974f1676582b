import { alignItems, type ErrorRate } from '../../nn/metrics/text/errorRate.js';
import { markdownTable } from '../../report/modelCard/markdown.js';
import { groupedNumber, shortNumber } from '../../report/numbers.js';
import type { MeasuredSpeech } from './evaluate.js';
import type { SpeechMistake } from './options.js';

/** A report on a recogniser as Markdown: error rates, and the sounds that it got most wrong, word by word. */
export function speechReportText(
  { words, characters, mistakes }: MeasuredSpeech,
  about: { readonly data: string; readonly examples: number },
): string {
  const row = (name: string, { rate, substitutions, deletions, insertions, length }: ErrorRate): string[] => [
    name,
    shortNumber(rate),
    ...[substitutions, deletions, insertions, length].map(groupedNumber),
  ];
  const sections = [
    '# Evaluation',
    `Measured on ${groupedNumber(about.examples)} utterances of ${about.data}.`,
    markdownTable(
      ['', 'error rate', 'substituted', 'missing', 'too many', 'in the references'],
      [row('words', words), row('characters', characters)],
    ),
    ...(mistakes.length === 0 ? [] : ['## Most wrong', ...mistakes.map(alignedText)]),
  ];
  return `${sections.join('\n\n')}\n`;
}

/** What was said above what was heard, words that belong together in one column. */
function alignedText({ file, reference, hypothesis }: SpeechMistake): string {
  const words = (text: string): string[] => text.split(' ').filter((word) => word !== '');
  const columns = alignItems(words(hypothesis), words(reference)).map((edit) => {
    const said = edit.kind === 'insertion' ? '' : edit.reference;
    const heard = edit.kind === 'deletion' ? '' : edit.hypothesis;
    const width = Math.max(said.length, heard.length, 1);
    const fill = (word: string): string => (word === '' ? '*'.repeat(width) : word.padEnd(width));
    return [fill(said), fill(heard)] as const;
  });
  const line = (which: 0 | 1): string =>
    columns
      .map((column) => column[which])
      .join(' ')
      .trimEnd();
  return `${file}\n\n\`\`\`text\nsaid   ${line(0)}\nheard  ${line(1)}\n\`\`\``;
}
