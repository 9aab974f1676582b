import { basename } from 'node:path';
import { fieldCondition, saidDigits } from '../../data/audio/browser.js';
import { type KnownClip, listSounds, loadSounds } from '../../data/audio/sources.js';
import { skippedNote } from '../skipped.js';
import type { SoundSourceOptions } from './options.js';

/** A sound with its label. */
export interface LabelledClip extends KnownClip {
  readonly label: string;
}

/** Sounds to learn from and to measure on. */
export interface SoundData {
  readonly train: readonly LabelledClip[];
  /** What is held out; empty where nothing is. */
  readonly test: readonly LabelledClip[];
  readonly sampleRate: number;
  /** What a person should know: files left out, other sample rates. */
  readonly notes: readonly string[];
}

/** The data set that is made here. */
export const madeHere = 'said-digits';

export interface OpenSoundsOptions extends SoundSourceOptions {
  readonly sampleRate?: number | undefined;
  /** Share of each label to hold out where no condition says what. Default: 0. */
  readonly share?: number | undefined;
}

/**
 * Reads sounds with their labels into memory.
 * @throws Error when there are none, one has no label, or the condition fits none or all
 */
export async function openSounds(options: OpenSoundsOptions): Promise<SoundData> {
  const { data, pattern, sampleRate, holdOut, share = 0 } = options;
  if (data === madeHere) return { train: digits(600, 1), test: digits(200, 2), sampleRate: 8000, notes: [] };
  const listed = await listSounds(data, { pattern });
  const unlabelled = listed.sounds.find(({ fields }) => !fields.label);
  if (unlabelled) {
    throw new Error(
      `${unlabelled.file} has no label; there is ${Object.keys(unlabelled.fields).join(', ') || 'nothing known about it'}. ` +
        'Put a column or a {label} in the pattern.',
    );
  }
  const loaded = await loadSounds(listed.sounds, { sampleRate });
  const clips = loaded.clips.map((clip) => ({ ...clip, label: clip.fields.label! }));
  return {
    ...(holdOut === undefined ? holdOutShare(clips, share) : holdOutWhere(clips, holdOut)),
    sampleRate: loaded.sampleRate,
    notes: [...skippedNote([...listed.skipped, ...loaded.skipped]), ...loaded.notes],
  };
}

function digits(count: number, seed: number): LabelledClip[] {
  return saidDigits(count, seed).map(({ word, speaker, samples, sampleRate }, i) => ({
    name: `${word}-${seed}-${i}`,
    fields: { label: word, speaker: String(speaker) },
    label: word,
    samples,
    sampleRate,
  }));
}

type Parts = Pick<SoundData, 'train' | 'test'>;

function holdOutWhere(clips: readonly LabelledClip[], condition: string): Parts {
  const isHeld = fieldCondition(condition);
  const test = clips.filter(({ fields }) => isHeld(fields));
  const train = clips.filter(({ fields }) => !isHeld(fields));
  if (test.length > 0 && train.length > 0) return { train, test };
  throw new Error(
    `The condition '${condition}' fits ${test.length === 0 ? 'none' : 'all'} of the ${clips.length} sounds; expected some to learn from and some to measure on.`,
  );
}

/** Holds out the n-th, 2n-th ... sound of each label. @throws RangeError for a share outside 0 .. 0.5 */
function holdOutShare(clips: readonly LabelledClip[], share: number): Parts {
  if (!(share >= 0 && share <= 0.5))
    throw new RangeError(`The share to validate on must lie between 0 and 0.5, but it is ${share}.`);
  const every = share === 0 ? Number.POSITIVE_INFINITY : Math.round(1 / share);
  const seen = new Map<string, number>();
  const held = clips.map(({ label }) => {
    const count = (seen.get(label) ?? 0) + 1;
    seen.set(label, count);
    return count % every === 0;
  });
  return { train: clips.filter((_, i) => !held[i]), test: clips.filter((_, i) => held[i]) };
}

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
