import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { confusionMatrixSvg, confusionMatrixText } from 'modelwright/report';
import type { EvaluateResult } from 'modelwright/tasks';
import type { JobResult } from '../../store/jobSchema.js';
import { finite, type Work, type WorkHooks } from './work.js';

/** Measures a model, and writes `evaluation.json`, `report.md` and, of classes, a confusion matrix as a picture. */
export async function evaluateJob(
  { record, options, data = '', model, out }: Work,
  { signal, onShare }: WorkHooks,
): Promise<JobResult | undefined> {
  onShare(0);
  const result = await record.evaluate(model, { ...options, data });
  if (signal.aborted) return undefined;
  const { metrics, examples, seconds, confusionMatrix, labels } = result;
  const { model: _, ...told } = result;
  await writeFile(join(out, 'evaluation.json'), `${JSON.stringify(told, undefined, 2)}\n`);
  await writeFile(join(out, 'report.md'), reportOf(result));
  if (confusionMatrix && labels)
    await writeFile(join(out, 'confusion-matrix.svg'), await confusionMatrixSvg(confusionMatrix, labels));
  onShare(1);
  return { metrics: finite(metrics), examples, seconds };
}

function reportOf({ task, data, examples, metrics, confusionMatrix, labels }: EvaluateResult): string {
  const rows = Object.entries(metrics).map(([name, value]) => `| ${name} | ${value} |`);
  const table = ['| metric | value |', '| --- | --- |', ...rows].join('\n');
  const matrix =
    confusionMatrix && labels
      ? `\n\n\`\`\`text\n${confusionMatrixText(confusionMatrix, labels)}\n\`\`\``
      : '';
  return `# Evaluation\n\n${task}, ${examples} examples of ${data}.\n\n${table}${matrix}\n`;
}
