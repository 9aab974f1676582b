import { ctcSkipped } from '../../nn/losses/index.js';
import type { Alphabet } from './alphabet.js';
import type { EncodedUtterance } from './batches.js';
import type { SpeechFraming } from './framing.js';
import type { Utterance } from './speech.js';

/** How many utterances are named in a note. */
const mostNamed = 3;

/** Utterances that can be learnt from, and why others cannot. */
export interface Learnable<Kind extends Utterance> {
  readonly utterances: readonly (Kind & EncodedUtterance)[];
  readonly notes: readonly string[];
}

/**
 * Leaves out utterances whose transcripts are empty or hold what is not in the alphabet, and those whose transcripts have no room in
 * their sound; the notes say how many and which.
 */
export function learnable<Kind extends Utterance>(
  utterances: readonly Kind[],
  alphabet: Alphabet,
  framing: SpeechFraming,
): Learnable<Kind> {
  const notes: string[] = [];
  const named = (names: readonly string[]): string =>
    `${names.slice(0, mostNamed).join('; ')}${names.length > mostNamed ? '; ...' : ''}`;
  const known: (Kind & EncodedUtterance)[] = [];
  const outside: string[] = [];
  for (const utterance of utterances) {
    const unknown = alphabet.unknownIn(utterance.text);
    const tokens = alphabet.encode(utterance.text).map((token) => token ?? 0);
    if (unknown.length > 0)
      outside.push(`${utterance.name} (${unknown.map((unit) => `'${unit}'`).join(', ')})`);
    else if (tokens.length === 0) outside.push(`${utterance.name} (its transcript is empty)`);
    else known.push({ ...utterance, tokens });
  }
  if (outside.length > 0) {
    const what = alphabet.units === 'character' ? 'characters' : 'words';
    notes.push(
      `${outside.length} transcript(s) hold ${what} that are not in the alphabet, and are left out: ${named(outside)}`,
    );
  }
  const steps = known.map(({ samples }) => framing.stepsOf(samples.length));
  const skipped = ctcSkipped(
    known.map(({ tokens }) => tokens),
    steps,
  );
  if (skipped.length > 0) {
    const names = skipped.map(
      ({ example, needed, available }) =>
        `${known[example]!.name} (${needed} steps are needed, there are ${available})`,
    );
    notes.push(
      `${skipped.length} transcript(s) are too long for their sound, and are left out: ${named(names)}`,
    );
  }
  const without = new Set(skipped.map(({ example }) => example));
  return { utterances: known.filter((_, i) => !without.has(i)), notes };
}
