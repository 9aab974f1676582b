import { type CalibrationBin, expectedCalibrationError } from '../nn/metrics/calibration.js';
import { classificationReport } from '../nn/metrics/scores.js';
import { metricLabel } from './captions.js';
import { escapeMarkdown, markdownTable } from './modelCard/markdown.js';
import { groupedNumber, shortNumber } from './numbers.js';

/** What a report on a classifier tells. */
export interface ClassificationReportInfo {
  /** What the data is called. */
  readonly data: string;
  readonly examples: number;
  readonly metrics: Readonly<Record<string, number>>;
  readonly labels: readonly string[];
  /** Counts by true class and predicted class. */
  readonly confusionMatrix: readonly (readonly number[])[];
  readonly bins: readonly CalibrationBin[];
  /** The mistakes that the model was surest of, the surest first. */
  readonly mistakes: readonly {
    readonly example: string;
    readonly label: string;
    readonly predicted: string;
    readonly probability: number;
  }[];
}

/** The most classes whose confusions are listed as a table. */
const mostColumns = 20;
const longestExample = 200;

/** A report on a classifier as Markdown: metrics, scores of each class, confusion matrix, calibration, worst mistakes. */
export function classificationReportText(info: ClassificationReportInfo): string {
  const { labels, confusionMatrix, bins, mistakes } = info;
  const { classes, macro, weighted } = classificationReport(confusionMatrix, labels);
  const score = ({ name, precision, recall, f1, support }: (typeof classes)[number]): string[] => [
    name,
    ...[precision, recall, f1].map((value) => value.toFixed(4)),
    groupedNumber(support),
  ];
  const filled = bins.filter(({ count }) => count > 0);
  const sections = [
    '# Evaluation',
    `Measured on ${groupedNumber(info.examples)} examples of ${escapeMarkdown(info.data)}.`,
    markdownTable(
      ['metric', 'value'],
      Object.entries(info.metrics).map(([name, value]) => [metricLabel(name, 'en'), shortNumber(value)]),
    ),
    '## Classes',
    markdownTable(
      ['class', 'precision', 'recall', 'F1', 'examples'],
      [
        ...classes.map(score),
        score({ name: 'macro average', ...macro }),
        score({ name: 'weighted average', ...weighted }),
      ],
    ),
    ...(labels.length > mostColumns
      ? []
      : [
          '## Confusion matrix',
          'A row for each actual class, a column for each predicted one.',
          markdownTable(
            ['', ...labels],
            confusionMatrix.map((row, i) => [labels[i]!, ...row.map(groupedNumber)]),
          ),
        ]),
    '## Calibration',
    `Expected calibration error: ${shortNumber(expectedCalibrationError(bins))}.`,
    markdownTable(
      ['mean confidence', 'accuracy', 'examples'],
      filled.map(({ confidence, accuracy, count }) => [
        confidence.toFixed(3),
        accuracy.toFixed(3),
        groupedNumber(count),
      ]),
    ),
    '## Worst mistakes',
    mistakes.length === 0
      ? 'There are none.'
      : markdownTable(
          ['example', 'actual', 'predicted', 'confidence'],
          mistakes.map(({ example, label, predicted, probability }) => [
            example.length > longestExample ? `${example.slice(0, longestExample)}…` : example,
            label,
            predicted,
            probability.toFixed(3),
          ]),
        ),
  ];
  return `${sections.join('\n\n')}\n`;
}
