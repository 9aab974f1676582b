import type { HeardToken } from '../../nn/decoding/index.js';
import type { HeardWord } from './options.js';

export type SpeechUnits = 'character' | 'word';

/** A transcript as it is learnt and compared: in lower case, one space between words. */
export const cleanTranscript = (text: string): string =>
  text.normalize('NFC').toLowerCase().replace(/\s+/gu, ' ').trim();

const unitsOf = (text: string, units: SpeechUnits): string[] =>
  units === 'character' ? Array.from(text) : text.split(' ').filter((word) => word !== '');

/** What a recogniser tells apart: class 0 is blank, then characters, or words. */
export class Alphabet {
  readonly units: SpeechUnits;
  /** The names of all classes; that of the blank is empty. */
  readonly classes: readonly string[];
  readonly #numbers: ReadonlyMap<string, number>;

  /** @param symbols without the blank */
  constructor(units: SpeechUnits, symbols: readonly string[]) {
    this.units = units;
    this.classes = ['', ...symbols];
    this.#numbers = new Map(symbols.map((symbol, i) => [symbol, i + 1]));
  }

  /** Whatever the texts hold, sorted. */
  static of(texts: readonly string[], units: SpeechUnits): Alphabet {
    return new Alphabet(units, [...new Set(texts.flatMap((text) => unitsOf(text, units)))].sort());
  }

  /** A clean transcript as classes; undefined for what is not among them. */
  encode(text: string): (number | undefined)[] {
    return unitsOf(text, this.units).map((unit) => this.#numbers.get(unit));
  }

  /** What a clean transcript holds that is not among the classes, each once. */
  unknownIn(text: string): string[] {
    return [...new Set(unitsOf(text, this.units).filter((unit) => !this.#numbers.has(unit)))];
  }

  /** The words that were heard. @param stepSeconds how long a step is */
  wordsOf(heard: readonly HeardToken[], stepSeconds: number): HeardWord[] {
    const timed = heard.map(({ token, start, end }) => ({
      word: this.classes[token]!,
      start: start * stepSeconds,
      end: end * stepSeconds,
    }));
    if (this.units === 'word') return timed;
    const words: { word: string; start: number; end: number }[] = [];
    let open = false;
    for (const { word: character, start, end } of timed) {
      if (character === ' ') open = false;
      else if (open) Object.assign(words.at(-1)!, { word: words.at(-1)!.word + character, end });
      else {
        words.push({ word: character, start, end });
        open = true;
      }
    }
    return words;
  }
}

/** Words as a text. */
export const textOf = (words: readonly HeardWord[]): string => words.map(({ word }) => word).join(' ');
