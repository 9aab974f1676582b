import { joinClips, type WordClip } from '../../data/audio/browser.js';
import { Random } from '../../graph/random.js';
import { type LabelledClip, madeHere, openSounds } from '../sounds.js';
import { cleanTranscript } from './alphabet.js';
import type { SpeechTrainOptions } from './options.js';

/** Sound with what is said in it. */
export interface Utterance {
  readonly name: string;
  readonly text: string;
  readonly samples: Float32Array<ArrayBuffer>;
}

/** Speech to learn from and to measure on. */
export interface SpeechData {
  /** Utterances; words of which strings are made where `strings` is set. */
  readonly train: readonly (Utterance & Pick<WordClip, 'speaker'>)[];
  readonly test: readonly Utterance[];
  /** How many words a string has. */
  readonly strings: readonly [number, number] | undefined;
  readonly sampleRate: number;
  readonly notes: readonly string[];
}

export type OpenSpeechOptions = Pick<
  SpeechTrainOptions,
  'data' | 'pattern' | 'holdOut' | 'strings' | 'sampleRate'
> & { readonly share?: number };

/** Strings that are measured on. */
const testStrings = 200;
const testSeed = 4711;

/**
 * Reads speech with its transcripts into memory. Sounds are what the field `text` says, or else `label`.
 * @throws Error when there is none, or a sound has no transcript
 */
export async function openSpeech(options: OpenSpeechOptions): Promise<SpeechData> {
  const strings = options.strings ?? (options.data === madeHere ? ([2, 5] as const) : undefined);
  requireStrings(strings);
  const opened = await openSounds({
    ...options,
    labels: ['text', 'label'],
    ofEachLabel: strings !== undefined,
  });
  const { sampleRate, notes } = opened;
  const said = (clip: LabelledClip) => ({
    name: clip.name,
    text: cleanTranscript(clip.label),
    samples: clip.samples,
    ...(clip.fields.speaker !== undefined && { speaker: clip.fields.speaker }),
  });
  const [train, test] = [opened.train.map(said), opened.test.map(said)];
  if (!strings) return { train, test, strings, sampleRate, notes };
  return { train, test: stringsOf(test, sampleRate, strings), strings, sampleRate, notes };
}

function requireStrings(strings: readonly [number, number] | undefined): void {
  if (!strings) return;
  const [fewest, most] = strings;
  if (Number.isInteger(fewest) && Number.isInteger(most) && fewest >= 1 && most >= fewest) return;
  throw new RangeError(
    `strings must be two whole numbers from 1, such as 2 and 7, but they are ${fewest} and ${most}.`,
  );
}

/** Words as clips that can be joined. */
export const wordClips = (words: SpeechData['train'], sampleRate: number): WordClip[] =>
  words.map(({ text, samples, speaker }) => ({ word: text, samples, sampleRate, speaker }));

function stringsOf(
  words: SpeechData['train'],
  sampleRate: number,
  range: readonly [number, number],
): Utterance[] {
  if (words.length === 0) return [];
  const clips = wordClips(words, sampleRate);
  return Array.from({ length: testStrings }, (_, i) => {
    const { text, samples } = joinClips(clips, [testSeed, i], { words: range });
    return { name: `string ${i + 1}`, text, samples };
  });
}

/** Texts of strings, for the language model. */
export function stringTexts(
  words: SpeechData['train'],
  [fewest, most]: readonly [number, number],
  count: number,
): string[] {
  return Array.from({ length: count }, (_, i) => {
    const random = new Random(testSeed + 1, i);
    const length = random.integer(fewest, most + 1);
    return Array.from({ length }, () => random.choice(words).text).join(' ');
  });
}
