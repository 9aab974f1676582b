import { fieldCondition, saidDigits } from '../data/audio/browser.js';
import { type KnownClip, listSounds, loadSounds } from '../data/audio/sources.js';
import { skippedNote } from './skipped.js';

/** Where sounds are and what is known about them. */
export interface SoundSourceOptions {
  /**
   * A folder with a folder of sounds for each label; a folder of sounds whose names tell their labels; a .csv, .tsv or .jsonl file with
   * a column of files; or `said-digits`, made on this machine.
   */
  readonly data: string;
  /** What names of files say, such as `{label}_{speaker}_{take}.wav`. Default: the folder's name is the label. */
  readonly pattern?: string | undefined;
  /** Which sounds to measure on and not to learn from, such as `take=0-4` or `speaker=theo`. Default: a share of them. */
  readonly holdOut?: string | undefined;
}

/** A sound with its label: its class, or the words that are said. */
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
  /** Share to hold out where no condition says what. Default: 0. */
  readonly share?: number | undefined;
  /** Fields that may hold the label, the first that is there. Default: label. */
  readonly labels?: readonly string[];
  /** Whether the share is one of each label, rather than of all sounds. Default: true. */
  readonly ofEachLabel?: boolean;
}

/**
 * Reads sounds with their labels into memory.
 * @throws Error when there are none, one has no label, or the condition fits none or all
 */
export async function openSounds(options: OpenSoundsOptions): Promise<SoundData> {
  const { data, pattern, sampleRate, holdOut, share = 0, labels = ['label'], ofEachLabel = true } = options;
  if (data === madeHere) return { train: digits(600, 1), test: digits(200, 2), sampleRate: 8000, notes: [] };
  const listed = await listSounds(data, { pattern });
  const labelOf = ({ fields }: { fields: KnownClip['fields'] }): string | undefined =>
    labels.map((name) => fields[name]).find((value) => value !== undefined && value.trim() !== '');
  const unlabelled = listed.sounds.find((sound) => labelOf(sound) === undefined);
  if (unlabelled) {
    throw new Error(
      `${unlabelled.file} has no ${labels.join(' and no ')}; there is ${Object.keys(unlabelled.fields).join(', ') || 'nothing known about it'}. ` +
        `Put in a column, or {${labels[0]}} in the pattern.`,
    );
  }
  const loaded = await loadSounds(listed.sounds, { sampleRate });
  const clips = loaded.clips.map((clip) => ({ ...clip, label: labelOf(clip)! }));
  return {
    ...(holdOut === undefined ? holdOutShare(clips, share, ofEachLabel) : holdOutWhere(clips, holdOut)),
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

/** Holds out the n-th, 2n-th ... sound, of each label or of all. @throws RangeError for a share outside 0 .. 0.5 */
function holdOutShare(clips: readonly LabelledClip[], share: number, ofEachLabel: boolean): Parts {
  if (!(share >= 0 && share <= 0.5))
    throw new RangeError(`The share to validate on must lie between 0 and 0.5, but it is ${share}.`);
  const every = share === 0 ? Number.POSITIVE_INFINITY : Math.round(1 / share);
  const seen = new Map<string, number>();
  const held = clips.map(({ label }) => {
    const kind = ofEachLabel ? label : '';
    const count = (seen.get(kind) ?? 0) + 1;
    seen.set(kind, count);
    return count % every === 0;
  });
  return { train: clips.filter((_, i) => !held[i]), test: clips.filter((_, i) => held[i]) };
}
