// Precision, recall and F1 from a confusion matrix: rows are true classes, columns predicted ones.

export type Score = 'precision' | 'recall' | 'f1';

export type Averaging = 'micro' | 'macro' | 'weighted' | 'binary';

export interface Scores {
  /** Of those given the class, the share that has it; 0 where none was given it. */
  readonly precision: number;
  /** Of those that have the class, the share given it; 0 where none has it. */
  readonly recall: number;
  /** The harmonic mean of both; 0 where both are. */
  readonly f1: number;
  /** How many have the class. */
  readonly support: number;
}

export interface ClassScores extends Scores {
  readonly name: string;
}

/** What scikit-learn's classification_report says. */
export interface ClassificationReport {
  readonly classes: readonly ClassScores[];
  /** The share on the diagonal; NaN for an empty matrix. */
  readonly accuracy: number;
  /** The mean over the classes that occur, in rows or columns. */
  readonly macro: Scores;
  /** The mean over the classes by their support. */
  readonly weighted: Scores;
}

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

function classCounts(matrix: readonly (readonly number[])[], index: number) {
  return {
    right: matrix[index]![index]!,
    given: total(matrix.map((row) => row[index]!)),
    support: total(matrix[index]!),
  };
}

/** Scores from how many were right, how many were given the class, and how many have it. */
export function scoresOf({ right, given, support }: ReturnType<typeof classCounts>): Scores {
  return {
    precision: ratio(right, given),
    recall: ratio(right, support),
    f1: ratio(2 * right, given + support),
    support,
  };
}

/** The weighted mean of scores; NaN where there are none. */
export function meanScores(scores: readonly Scores[], weights: readonly number[]): Scores {
  const mean = (score: Score): number =>
    total(scores.map((each, i) => each[score] * weights[i]!)) / total(weights);
  return {
    precision: mean('precision'),
    recall: mean('recall'),
    f1: mean('f1'),
    support: total(scores.map(({ support }) => support)),
  };
}

/**
 * Precision, recall, F1 and support of each class, with their averages.
 * @param matrix [classes, classes] counts, rows by true class
 * @param classNames '0', '1' ... when left out
 * @throws RangeError when the matrix is not square or the names are not as many as the classes
 */
export function classificationReport(
  matrix: readonly (readonly number[])[],
  classNames: readonly string[] = matrix.map((_, index) => String(index)),
): ClassificationReport {
  if (matrix.some((row) => row.length !== matrix.length)) {
    throw new RangeError(
      'classificationReport: the confusion matrix is not square; expected a row and a column a class.',
    );
  }
  if (classNames.length !== matrix.length) {
    throw new RangeError(
      `classificationReport: there are ${classNames.length} class names for ${matrix.length} classes.`,
    );
  }
  const counts = matrix.map((_, index) => classCounts(matrix, index));
  const classes = counts.map((count, index) => ({ name: classNames[index]!, ...scoresOf(count) }));
  return {
    classes,
    accuracy: total(counts.map(({ right }) => right)) / total(counts.map(({ support }) => support)),
    macro: meanScores(
      classes,
      counts.map(({ given, support }) => (given + support > 0 ? 1 : 0)),
    ),
    weighted: meanScores(
      classes,
      counts.map(({ support }) => support),
    ),
  };
}

/** One score of all classes together. NaN for an empty matrix. */
export function averageScore(
  score: Score,
  matrix: readonly (readonly number[])[],
  average: Averaging = matrix.length === 2 ? 'binary' : 'macro',
): number {
  const report = classificationReport(matrix);
  switch (average) {
    case 'binary':
      if (matrix.length !== 2) {
        throw new RangeError(
          `${score}: average 'binary' is for two classes, but there are ${matrix.length}; use 'macro', 'weighted' or 'micro'.`,
        );
      }
      return Number.isNaN(report.accuracy) ? Number.NaN : report.classes[1]![score];
    case 'micro':
      return report.accuracy;
    default:
      return report[average][score];
  }
}
