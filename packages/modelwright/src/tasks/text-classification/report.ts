import type { Tokenizer } from '../../data/text/index.js';
import { calibration } from '../../nn/metrics/calibration.js';
import { calibrationSvg } from '../../report/charts/index.js';
import { classificationReportText } from '../../report/classification.js';
import type { MeasuredTexts } from './evaluate.js';

interface Evaluation {
  readonly data: string;
  readonly examples: number;
  readonly metrics: Readonly<Record<string, number>>;
}

/** The report on a measurement and the tokenizer, as files beside the model card, with the picture that the card shows. */
export async function evaluationFiles(
  measured: MeasuredTexts,
  options: {
    readonly labels: readonly string[];
    readonly evaluation: Evaluation;
    readonly tokenizer: Tokenizer;
  },
) {
  const { labels, evaluation, tokenizer } = options;
  const bins = calibration(measured.confidence, measured.correct);
  const report = classificationReportText({
    ...evaluation,
    labels,
    confusionMatrix: measured.confusionMatrix,
    bins,
    mistakes: measured.mistakes.map(({ text, ...rest }) => ({ ...rest, example: text })),
  });
  return {
    files: { ...tokenizer.files(), 'calibration.svg': await calibrationSvg(bins), 'evaluation.md': report },
    pictures: [{ file: 'calibration.svg', caption: `Calibration on ${evaluation.data}` }],
  };
}
