import { basename } from 'node:path';
import type { LabelledClip } from '../sounds.js';

/** The labels, sorted. @throws Error when there are fewer than two */
export function labelsOf(clips: readonly LabelledClip[], data: string): string[] {
  const labels = [...new Set(clips.map(({ label }) => label))].sort();
  if (labels.length > 1) return labels;
  throw new Error(`${data}: all sounds are labelled '${labels[0]}'; expected two or more labels.`);
}

/** @throws Error naming a sound whose label the training has not seen */
export function requireKnownLabels(clips: readonly LabelledClip[], labels: readonly string[]): void {
  const unseen = clips.find(({ label }) => !labels.includes(label));
  if (!unseen) return;
  throw new Error(
    `${basename(unseen.name)}: the label '${unseen.label}' was not seen in training. Labels: ${labels.join(', ')}.`,
  );
}
