import { metricLabel } from '../captions.js';
import { clockTime, groupedNumber, shortNumber } from '../numbers.js';
import { shapeText, summaryText } from '../summary.js';
import { frontMatter } from './frontMatter.js';
import type { ModelCardInfo, ModelCardTensor } from './info.js';
import { codeBlock, escapeMarkdown, inlineCode, markdownTable } from './markdown.js';
import { usageSection } from './usage.js';

export type {
  ModelCardInfo,
  ModelCardPicture,
  ModelCardResults,
  ModelCardTensor,
  ModelCardTraining,
  ModelCardTrainingData,
} from './info.js';

/** The most classes that a card lists by name. */
const listedClasses = 100;

/**
 * A model card (Mitchell et al. 2019, https://arxiv.org/abs/1810.03993) as the text of a `README.md`: metadata for the
 * Hugging Face Hub, then what the model is, how to use it, what it learnt from, how, and how well it does.
 */
export function modelCard(info: ModelCardInfo): string {
  const sections = [
    frontMatter(info),
    `# ${escapeMarkdown(info.name)}`,
    info.description.trim(),
    resultsSection(info),
    ...(info.pictures ?? []).map(({ file, caption }) => `![${escapeMarkdown(caption)}](${encodeURI(file)})`),
    usageSection(info),
    tensorsSection(info),
    trainingDataSection(info),
    trainingSection(info),
    ...(info.layers ? ['## Layers', codeBlock('text', summaryText(info.layers))] : []),
    '## Limitations',
    info.limitations.trim(),
    '## Software',
    markdownTable(['software', 'version'], Object.entries(info.software)),
  ];
  return `${sections.join('\n\n')}\n`;
}

function resultsSection({ results }: ModelCardInfo): string {
  if (results.length === 0) return '## Results\n\nThe model has not been evaluated.';
  const rows = results.flatMap(({ dataset, metrics }) =>
    Object.entries(metrics).map(([metric, value]) => [
      dataset.split === undefined ? dataset.name : `${dataset.name}, ${dataset.split}`,
      dataset.examples === undefined ? '' : groupedNumber(dataset.examples),
      metricLabel(metric, 'en'),
      shortNumber(value),
    ]),
  );
  return `## Results\n\n${markdownTable(['data', 'examples', 'metric', 'value'], rows)}`;
}

function tensorsSection({ inputs, outputs }: ModelCardInfo): string {
  const row = (kind: string) => (tensor: ModelCardTensor) => [
    kind,
    inlineCode(tensor.name),
    tensor.dtype,
    inlineCode(shapeText(tensor.shape)),
    tensor.description ?? '',
  ];
  const rows = [...inputs.map(row('input')), ...outputs.map(row('output'))];
  return `## Inputs and outputs\n\n${markdownTable(['', 'name', 'type', 'shape', 'meaning'], rows)}`;
}

function trainingDataSection({ trainingData }: ModelCardInfo): string {
  const { classes } = trainingData;
  const rows = [
    ['name', trainingData.name],
    ['examples', groupedNumber(trainingData.examples)],
    ...(classes ? [['classes', groupedNumber(classes.length)]] : []),
    ['fingerprint', inlineCode(trainingData.fingerprint)],
  ];
  const listed = classes?.slice(0, listedClasses).map(inlineCode).join(', ');
  const unlisted = (classes?.length ?? 0) - listedClasses;
  return [
    '## Training data',
    ...(trainingData.description ? [trainingData.description.trim()] : []),
    markdownTable(['', ''], rows),
    ...(listed ? [`Classes: ${listed}${unlisted > 0 ? ` and ${groupedNumber(unlisted)} more` : ''}.`] : []),
  ].join('\n\n');
}

function trainingSection({ training }: ModelCardInfo): string {
  const rows = [
    ...Object.entries(training.hyperParameters).map(([name, value]) => [
      metricLabel(name, 'en'),
      String(value),
    ]),
    ['epochs', String(training.epochs)],
    ...(training.bestEpoch === undefined ? [] : [['best epoch', String(training.bestEpoch)]]),
    ['seed', String(training.seed)],
    ['device', training.device],
    ['duration', clockTime(training.seconds)],
  ];
  return `## Training procedure\n\n${markdownTable(['setting', 'value'], rows)}`;
}
