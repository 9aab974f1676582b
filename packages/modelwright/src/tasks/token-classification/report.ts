import type { Entity } from '../../nn/metrics/text/entities.js';
import { metricLabel } from '../../report/captions.js';
import { escapeMarkdown, markdownTable } from '../../report/modelCard/markdown.js';
import { groupedNumber, shortNumber } from '../../report/numbers.js';
import type { MeasuredSentences } from './evaluate.js';
import type { EntityMistake } from './options.js';

/** A report on a tagger as Markdown: metrics, scores of each type, what types were taken for, the sentences with most mistakes. */
export function entityReportText(
  { metrics, entities, confusions, mistakes }: MeasuredSentences,
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
    '## What entities were taken for',
    'A row for each actual type. Columns of types count entities whose first and last token are right; other bounds: something else that overlaps was found; missed: nothing was. The last row counts what was found where there is no entity.',
    confusionTable(confusions),
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

function confusionTable({ types, invented }: MeasuredSentences['confusions']): string {
  const actual = Object.keys(types).sort();
  const found = Object.values(types).flatMap(({ asType }) => Object.keys(asType));
  const columns = [...new Set([...actual, ...found, ...Object.keys(invented)])].sort();
  const counts = (of: Readonly<Record<string, number>>): string[] =>
    columns.map((type) => groupedNumber(of[type] ?? 0));
  return markdownTable(
    ['', ...columns, 'other bounds', 'missed'],
    [
      ...actual.map((type) => {
        const { asType, otherBounds, missed } = types[type]!;
        return [type, ...counts(asType), groupedNumber(otherBounds), groupedNumber(missed)];
      }),
      ['no entity', ...counts(invented), '', ''],
    ],
  );
}

const listed = (tokens: EntityMistake['tokens'], entities: readonly Entity[]): string =>
  entities.map(({ type, start, end }) => `${type}: ${tokens.slice(start, end).join(' ')}`).join('; ') || '-';
