// The constant matrices of Winograd's algorithm for filters of three taps, along one axis of an image.

/** Taps of a filter along an axis. */
export const taps = 3;
/** Outputs of a tile along an axis. */
const tile = 4;

/** Where the polynomials are taken, beside infinity. Near to one, so that little is lost to rounding; exact as floats. */
const finitePoints = [0, 3 / 4, -3 / 4, 3 / 2, -3 / 2];

/** y = outputᵀ (filter w * input x) along an axis; point by point, and for each point tile by tile. */
export interface LinePoints {
  /** How many products a tile takes. */
  readonly points: number;
  readonly tiles: number;
  /** [points * tiles, size of the input] */
  readonly input: number[][];
  /** [points * tiles, size of the output] */
  readonly output: number[][];
  /** [points, taps] */
  readonly filter: number[][];
}

/**
 * The matrices for an axis, or undefined where this is no gain.
 * @param before zeros before the input
 */
export function linePoints(size: number, out: number, before: number): LinePoints | undefined {
  if (size === 2 && out === 2 && before === 1) return twoByTwo;
  if (out < tile) return undefined;
  const tiles = Math.ceil(out / tile);
  const zeros = (count: number): number[] => Array<number>(count).fill(0);
  const perTile = (row: readonly number[], length: number, start: number): number[][] =>
    Array.from({ length: tiles }, (_, t) =>
      zeros(length).map((_, place) => row[place - start - t * tile] ?? 0),
    );
  return {
    points: finitePoints.length + 1,
    tiles,
    input: interpolation().flatMap((row) => perTile(row, size, -before)),
    output: powers(tile).flatMap((row) => perTile(row, out, 0)),
    filter: powers(taps),
  };
}

/** Two values between zeros: y0 = w1 (x0 + x1) + (w2 - w1) x1 and y1 = w1 (x0 + x1) + (w0 - w1) x0. */
const twoByTwo: LinePoints = {
  points: 3,
  tiles: 1,
  input: [
    [1, 1],
    [0, 1],
    [1, 0],
  ],
  output: [
    [1, 1],
    [1, 0],
    [0, 1],
  ],
  filter: [
    [0, 1, 0],
    [0, -1, 1],
    [1, -1, 0],
  ],
};

/** For each point its powers 0 to count - 1; for infinity the highest alone. */
function powers(count: number): number[][] {
  const exponents = Array.from({ length: count }, (_, power) => power);
  return [
    ...finitePoints.map((point) => exponents.map((power) => point ** power)),
    exponents.map((power) => (power === count - 1 ? 1 : 0)),
  ];
}

/** For each point the coefficients, from the lowest, of the polynomial that is 1 there and 0 at the others. */
function interpolation(): number[][] {
  return [
    ...finitePoints.map((point) => {
      const others = finitePoints.filter((other) => other !== point);
      const scale = others.reduce((total, other) => total * (point - other), 1);
      return [...withRoots(others).map((coefficient) => coefficient / scale), 0];
    }),
    withRoots(finitePoints),
  ];
}

/** The coefficients, from the lowest, of the product of (x - root). */
function withRoots(roots: readonly number[]): number[] {
  let polynomial = [1];
  for (const root of roots) {
    const longer = [...polynomial, 0];
    polynomial = longer.map((_, power) => (polynomial[power - 1] ?? 0) - root * (longer[power] ?? 0));
  }
  return polynomial;
}
