// Longer sound made of clips with words: strings of digits of single ones.
import { Random } from '../../graph/random.js';
import { requireCount } from '../checks.js';
import type { Range } from './augment.js';
import type { AudioClip } from './clip.js';

/** A clip in which one word is said. */
export interface WordClip extends AudioClip {
  readonly word: string;
  /** Who says it; words of one speaker are joined. Default: all are one. */
  readonly speaker?: string | undefined;
}

/** Sound in which several words are said. */
export interface JoinedClip extends AudioClip {
  /** The words with spaces between them. */
  readonly text: string;
  /** Where each word begins and ends, in seconds. */
  readonly words: readonly { readonly word: string; readonly start: number; readonly end: number }[];
}

export interface JoinOptions {
  /** The fewest and the most words. Default: 2 to 7. */
  readonly words?: Range | undefined;
  /** The shortest and the longest pause before, between and after words, in seconds. Default: 0.05 to 0.3. */
  readonly pause?: Range | undefined;
  /** Changes each word before it is joined. */
  readonly change?: ((samples: Float32Array, random: Random) => Float32Array) | undefined;
}

/**
 * Words said one after the other with pauses between them, all by one speaker, which speaker and which words being drawn.
 * @param key what the random numbers come from, such as (seed, epoch, index)
 * @throws RangeError when there are no clips
 */
export function joinClips(
  clips: readonly WordClip[],
  key: readonly number[],
  { words = [2, 7], pause = [0.05, 0.3], change }: JoinOptions = {},
): JoinedClip {
  const [first] = clips;
  if (!first) throw new RangeError('joinClips: there are no clips to join.');
  requireCount('joinClips', 'the number of words', words[0], 1);
  const random = new Random(...key);
  const { sampleRate } = first;
  const { speaker } = random.choice(clips);
  const own = clips.filter((clip) => clip.speaker === speaker);
  const drawPause = (): number => Math.round(random.uniform(...pause) * sampleRate);
  let at = drawPause();
  const parts = Array.from({ length: random.integer(words[0], words[1] + 1) }, () => {
    const { word, samples } = random.choice(own);
    const part = { word, start: at, samples: change ? change(samples, random) : samples };
    at += part.samples.length + drawPause();
    return part;
  });
  const samples = new Float32Array(at);
  for (const part of parts) samples.set(part.samples, part.start);
  return {
    samples,
    sampleRate,
    text: parts.map(({ word }) => word).join(' '),
    words: parts.map(({ word, start, samples: own }) => ({
      word,
      start: start / sampleRate,
      end: (start + own.length) / sampleRate,
    })),
  };
}
