import type { Clue, ClueKind } from './clue.js';

/** How many bytes of a token are looked at: of a longer one the first and the last half of so many. */
const bytesOfToken = 20;

/** How many different numbers the bytes are: 0 is padding, and a byte counts from 1. */
export const byteVocabulary = 257;

const encoder = new TextEncoder();

const clue: Clue = {
  input: 'bytes',
  width: bytesOfToken,
  numbersOf(tokens) {
    const numbers = new Uint16Array(tokens.length * bytesOfToken);
    for (const [position, token] of tokens.entries()) {
      const bytes = shortened(encoder.encode(token));
      numbers.set(
        bytes.map((byte) => byte + 1),
        position * bytesOfToken,
      );
    }
    return numbers;
  },
  saved: true,
};

/** How tokens are written (Ma and Hovy, 2016): their bytes in UTF-8, each plus 1, and 0 behind them. */
export const spelling: ClueKind = {
  unfit: (model) =>
    model === 'bilstm-crf' ? undefined : `The model '${model}' cannot look at how tokens are written`,
  byDefault: ({ tokens }) => tokens === 'word',
  make: () => clue,
  read: async () => clue,
};

function shortened(bytes: Uint8Array): number[] {
  if (bytes.length <= bytesOfToken) return [...bytes];
  const half = bytesOfToken / 2;
  return [...bytes.subarray(0, half), ...bytes.subarray(-half)];
}
