/**
 * Checks that a confusion matrix is square, with a name for each class.
 *
 * @throws RangeError when it is not
 */
export function checkConfusionMatrix(
  caller: string,
  matrix: readonly (readonly number[])[],
  classNames: readonly string[],
): void {
  const classes = classNames.length;
  if (classes === 0 || matrix.length !== classes || matrix.some((row) => row.length !== classes)) {
    const lengths = [...new Set(matrix.map((row) => row.length))].join(' or ');
    throw new RangeError(
      `${caller}: ${classes} class names need a matrix of [${classes}, ${classes}] counts (at least [1, 1]), ` +
        `but it is [${matrix.length}, ${lengths || 0}]. Give a row and a column for every class.`,
    );
  }
}
