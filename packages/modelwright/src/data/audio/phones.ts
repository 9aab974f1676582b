/** How a sound of speech is made: a buzz of the voice and a hiss of breath, coloured by resonances of the mouth. */
export interface Phone {
  /** How long it is, in seconds. */
  readonly seconds: number;
  /** The lowest three resonances in Hz, of an average man (vowels: Peterson and Barney, 1952). */
  readonly formants: readonly [number, number, number];
  /** How strong the voice is, and the breath: 0 .. 1. */
  readonly voice: number;
  readonly breath: number;
}

const vowel = (seconds: number, ...formants: [number, number, number]): Phone => ({
  seconds,
  formants,
  voice: 1,
  breath: 0.01,
});

const hiss = (seconds: number, breath: number, ...formants: [number, number, number]): Phone => ({
  seconds,
  formants,
  voice: 0,
  breath,
});

/** Sounds of English by their names in ARPABET, as far as the digits need them; '-' is a short stop. */
export const phones = {
  IY: vowel(0.11, 270, 2290, 3010),
  IH: vowel(0.08, 390, 1990, 2550),
  EH: vowel(0.09, 530, 1840, 2480),
  AH: vowel(0.09, 640, 1190, 2390),
  AA: vowel(0.11, 730, 1090, 2440),
  AO: vowel(0.13, 570, 840, 2410),
  OW: vowel(0.14, 450, 880, 2500),
  UW: vowel(0.14, 300, 870, 2240),
  R: { ...vowel(0.07, 350, 1200, 1600), voice: 0.7 },
  W: { ...vowel(0.06, 300, 650, 2200), voice: 0.6 },
  N: { ...vowel(0.09, 250, 1400, 2400), voice: 0.4 },
  V: { seconds: 0.06, formants: [280, 1100, 2300], voice: 0.4, breath: 0.04 },
  Z: { seconds: 0.08, formants: [280, 1900, 3500], voice: 0.25, breath: 0.15 },
  S: hiss(0.11, 0.3, 2600, 3300, 3800),
  F: hiss(0.09, 0.08, 1200, 2200, 3400),
  TH: hiss(0.08, 0.06, 1400, 2500, 3200),
  T: hiss(0.03, 0.35, 1800, 3000, 3700),
  K: hiss(0.03, 0.3, 1200, 1900, 2600),
  '-': hiss(0.04, 0, 400, 1400, 2400),
} as const satisfies Record<string, Phone>;

export type PhoneName = keyof typeof phones;

/** How the digits are said. */
export const digitPhones: Readonly<Record<string, readonly PhoneName[]>> = {
  zero: ['Z', 'IH', 'R', 'OW'],
  one: ['W', 'AH', 'N'],
  two: ['-', 'T', 'UW'],
  three: ['TH', 'R', 'IY'],
  four: ['F', 'AO', 'R'],
  five: ['F', 'AA', 'IY', 'V'],
  six: ['S', 'IH', '-', 'K', 'S'],
  seven: ['S', 'EH', 'V', 'AH', 'N'],
  eight: ['EH', 'IY', '-', 'T'],
  nine: ['N', 'AA', 'IY', 'N'],
};
