import type { DetectionPrecision } from '../nn/metrics/index.js';
import { metricLabel } from './captions.js';
import { escapeMarkdown, markdownTable } from './modelCard/markdown.js';
import { groupedNumber, shortNumber } from './numbers.js';

/** What a report on a detector of objects tells. */
export interface DetectionReportInfo {
  /** What the data is called. */
  readonly data: string;
  readonly examples: number;
  readonly metrics: Readonly<Record<string, number>>;
  readonly labels: readonly string[];
  /** At overlaps of 0.5, 0.55, .. 0.95. */
  readonly precision: DetectionPrecision;
}

/** A report on a detector as Markdown: metrics, and average precision and best recall of each class. */
export function detectionReportText({ precision, labels, ...info }: DetectionReportInfo): string {
  const share = (value: number | undefined): string =>
    value === undefined || Number.isNaN(value) ? '-' : value.toFixed(4);
  const sections = [
    '# Evaluation',
    `Measured on ${groupedNumber(info.examples)} images of ${escapeMarkdown(info.data)}. Average precision as COCO defines it: ` +
      'precision, made never to rise, averaged over 101 recalls.',
    markdownTable(
      ['metric', 'value'],
      Object.entries(info.metrics).map(([name, value]) => [metricLabel(name, 'en'), shortNumber(value)]),
    ),
    '## Classes',
    markdownTable(
      ['class', 'AP@0.5', 'AP@[.5:.95]', 'recall at 0.5, all boxes', 'true boxes'],
      labels.map((label, i) => [
        label,
        share(precision.perClassAtFirst[i]),
        share(precision.perClass[i]),
        share(precision.curves[i]!.recall.at(-1)),
        groupedNumber(precision.support[i]!),
      ]),
    ),
    '## Overlap',
    markdownTable(
      ['boxes must share', 'mAP'],
      precision.perThreshold.map((value, i) => [(0.5 + i / 20).toFixed(2), share(value)]),
    ),
  ];
  return `${sections.join('\n\n')}\n`;
}
