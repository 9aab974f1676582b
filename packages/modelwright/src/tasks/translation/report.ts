import { metricLabel } from '../../report/captions.js';
import { escapeMarkdown, markdownTable } from '../../report/modelCard/markdown.js';
import { groupedNumber, shortNumber } from '../../report/numbers.js';
import type { MeasuredTranslations } from './measure.js';
import type { Translated } from './options.js';
import type { SavedSettings } from './saved.js';

/** What was measured, in words. */
export interface TranslationEvaluation {
  readonly data: string;
  readonly examples: number;
  /** Held-out pairs that were left out. */
  readonly seen: number;
  readonly bleuTokens: SavedSettings['bleuTokens'];
}

/** A report on a translator as Markdown: metrics, scores by length, the translations least like their reference. */
export function translationReportText(
  { metrics, lengths, worst }: MeasuredTranslations,
  { data, examples, seen, bleuTokens }: TranslationEvaluation,
): string {
  const unit = bleuTokens === 'char' ? 'characters' : "words, as WMT's 13a cuts them";
  const leftOut =
    seen > 0 ? ` ${groupedNumber(seen)} more were left out: their source stands in the training data.` : '';
  const sections = [
    '# Evaluation',
    `Measured on ${groupedNumber(examples)} pairs of ${escapeMarkdown(data)}.${leftOut} BLEU is that of runs of up to four ${unit}; ` +
      'chrF that of runs of up to six characters; both go up to 100. "beam" is beam search, the others are greedy.',
    markdownTable(
      ['metric', 'value'],
      Object.entries(metrics).map(([name, value]) => [metricLabel(name, 'en'), shortNumber(value)]),
    ),
    '## By length',
    markdownTable(
      ['tokens of the source', 'pairs', 'BLEU', 'chrF'],
      lengths.map(({ from, to, examples: count, ...scores }) => [
        from === to ? String(from) : `${from} to ${to}`,
        groupedNumber(count),
        scores.bleu.toFixed(1),
        scores.chrf.toFixed(1),
      ]),
    ),
    '## Translations least like their reference',
    markdownTable(
      ['source', 'reference', 'translation', 'chrF'],
      worst.map((each) => [each.source, each.reference, each.translation, each.chrf.toFixed(1)]),
    ),
  ];
  return `${sections.join('\n\n')}\n`;
}

/** How many translations the model card shows. */
const shown = 10;

/** Some translations, here and there among those given, in Markdown. */
export function samplesText(translations: readonly Translated[]): string {
  const count = Math.min(shown, translations.length);
  const places = Array.from({ length: count }, (_, i) =>
    Math.floor(((i + 0.5) * translations.length) / count),
  );
  return [
    `${count} of the translations that were measured, taken at equal distances:`,
    markdownTable(
      ['source', 'translation', 'reference'],
      places.map((place) => {
        const { source, translation, reference } = translations[place]!;
        return [source, translation, reference];
      }),
    ),
  ].join('\n\n');
}
