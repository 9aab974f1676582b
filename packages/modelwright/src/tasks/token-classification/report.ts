import type { Entity } from '../../nn/metrics/text/entities.js';
import { metricLabel } from '../../report/captions.js';
import { escapeMarkdown, markdownTable } from '../../report/modelCard/markdown.js';
import { groupedNumber, shortNumber } from '../../report/numbers.js';
import type { MeasuredSentences } from './evaluate.js';
import type { EntityMistake } from './options.js';

/** A report on a tagger as Markdown: metrics, scores of each type, the sentences with most mistakes. */
export function entityReportText(
  { metrics, entities, mistakes }: MeasuredSentences,
  { data, examples }: { readonly data: string; readonly examples: number },
): string {
  const score = (name: string, { precision, recall, f1, support }: (typeof entities)['micro']): string[] => [
    name,
    ...[precision, recall, f1].map((value) => value.toFixed(4)),
    groupedNumber(support),
  ];
  const sections = [
    '# Evaluation',
    `Measured on ${groupedNumber(examples)} sentences of ${escapeMarkdown(data)}. An entity counts as found where its type, its first and its last token are right.`,
    markdownTable(
      ['metric', 'value'],
      Object.entries(metrics).map(([name, value]) => [metricLabel(name, 'en'), shortNumber(value)]),
    ),
    '## Entities',
    markdownTable(
      ['type', 'precision', 'recall', 'F1', 'entities'],
      [
        ...entities.types.map((type) => score(type.name, type)),
        score('all together', entities.micro),
        score('mean over types', { ...entities.macro, support: entities.micro.support }),
      ],
    ),
    '## Sentences with most mistakes',
    mistakes.length === 0
      ? 'There are none.'
      : markdownTable(
          ['sentence', 'actual', 'predicted'],
          mistakes.map(({ tokens, entities: actual, predicted }) => [
            tokens.join(' '),
            listed(tokens, actual),
            listed(tokens, predicted),
          ]),
        ),
  ];
  return `${sections.join('\n\n')}\n`;
}

const listed = (tokens: EntityMistake['tokens'], entities: readonly Entity[]): string =>
  entities.map(({ type, start, end }) => `${type}: ${tokens.slice(start, end).join(' ')}`).join('; ') || '-';
