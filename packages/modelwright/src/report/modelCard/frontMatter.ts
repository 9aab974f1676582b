import { stringify } from 'yaml';
import type { ModelCardInfo, ModelCardResults } from './info.js';

/**
 * The YAML at the head of a model card, as the Hugging Face Hub reads it
 * (https://github.com/huggingface/hub-docs/blob/main/modelcard.md).
 */
export function frontMatter(info: ModelCardInfo): string {
  const metrics = new Set(info.results.flatMap((results) => Object.keys(results.metrics)).map(metricId));
  metrics.delete('loss');
  const results = info.results.filter(({ metrics }) => Object.values(metrics).some(Number.isFinite));
  const metadata = {
    ...(info.languages && { language: info.languages }),
    ...(info.license !== undefined && { license: info.license }),
    library_name: 'modelwright',
    pipeline_tag: info.task,
    tags: ['modelwright', 'onnx'],
    ...(metrics.size > 0 && { metrics: [...metrics] }),
    ...(results.length > 0 && {
      'model-index': [{ name: info.name, results: results.map((one) => evaluation(info.task, one)) }],
    }),
  };
  return `---\n${stringify(metadata, { version: '1.1' })}---`; // 1.1, whose readers take a bare `no` for false
}

function evaluation(task: string, { dataset, metrics }: ModelCardResults) {
  return {
    task: { type: task },
    dataset: {
      type: dataset.id ?? slug(dataset.name),
      name: dataset.name,
      ...(dataset.split !== undefined && { split: dataset.split }),
    },
    metrics: Object.entries(metrics)
      .filter(([, value]) => Number.isFinite(value))
      .map(([name, value]) => ({ type: metricId(name), value, name })),
  };
}

/** The Hub's id of a metric (https://huggingface.co/metrics) where it differs from the name spelled out. */
const metricIds: Readonly<Record<string, string>> = {
  characterErrorRate: 'cer',
  wordErrorRate: 'wer',
  meanAbsoluteError: 'mae',
  meanSquaredError: 'mse',
  meanIntersectionOverUnion: 'mean_iou',
};

function metricId(name: string): string {
  if (name.includes('@')) return name;
  return metricIds[name] ?? name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();
}

function slug(name: string): string {
  return name.trim().toLowerCase().replace(/\s+/g, '-');
}
