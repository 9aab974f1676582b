/** A dimension: a known size, or the name of one left open, such as `batch`. */
export type Dimension = number | string;

/** The sizes of a tensor's axes, outermost first. */
export type Shape = readonly Dimension[];

export function isStatic(shape: Shape): shape is readonly number[] {
  return shape.every((dimension) => typeof dimension === 'number');
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dimension, axis) => dimension === b[axis]);
}

export function formatShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/** The shape as numbers. @throws when a dimension is still open */
export function staticShape(shape: Shape, who: string): readonly number[] {
  if (isStatic(shape)) return shape;
  const open = shape.find((dimension) => typeof dimension === 'string');
  throw new TypeError(
    `${who}: the shape ${formatShape(shape)} leaves '${open}' open, but every size must be known here. Compile for concrete shapes.`,
  );
}

/** An axis counted from the end when negative, as a position from the start. @throws RangeError outside the rank */
export function normalizeAxis(axis: number, rank: number, who: string): number {
  const position = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || position < 0 || position >= rank) {
    throw new RangeError(`${who}: axis ${axis} is outside a tensor of ${rank} dimensions.`);
  }
  return position;
}

/** Several axes (one, a list, or all when left out), sorted and without repeats. */
export function normalizeAxes(
  axes: number | readonly number[] | undefined,
  rank: number,
  who: string,
): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, axis) => axis);
  const list = typeof axes === 'number' ? [axes] : axes;
  const positions = list.map((axis) => normalizeAxis(axis, rank, who));
  const unique = [...new Set(positions)].sort((a, b) => a - b);
  if (unique.length !== list.length)
    throw new RangeError(`${who}: axes ${formatShape(list)} name an axis twice.`);
  return unique;
}

/**
 * The shape two operands have together under NumPy's broadcasting: axes are aligned at the end, and a size of 1 stretches.
 * @throws TypeError when they do not fit
 */
export function broadcastShapes(a: Shape, b: Shape, who: string): Shape {
  const rank = Math.max(a.length, b.length);
  const result: Dimension[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const left = a[axis - rank + a.length] ?? 1;
    const right = b[axis - rank + b.length] ?? 1;
    if (left === right || right === 1) result.push(left);
    else if (left === 1) result.push(right);
    else {
      throw new TypeError(
        `${who}: shapes ${formatShape(a)} and ${formatShape(b)} do not broadcast: ${left} and ${right} differ and neither is 1.`,
      );
    }
  }
  return result;
}

/** The product of the dimensions: a number, or a product by name such as `batch*128` when some are open. */
export function shapeSize(shape: Shape): Dimension {
  let known = 1;
  const open: string[] = [];
  for (const dimension of shape) {
    if (typeof dimension === 'number') known *= dimension;
    else open.push(...dimension.split('*'));
  }
  if (open.length === 0 || known === 0) return known;
  const factors = open.filter((factor) => {
    const value = Number(factor);
    if (Number.isNaN(value)) return true;
    known *= value;
    return false;
  });
  return [...factors.sort(), ...(known === 1 ? [] : [String(known)])].join('*');
}

/** `numerator / denominator` as a dimension. Open names cancel. Undefined when it does not divide. */
export function divideDimensions(numerator: Dimension, denominator: Dimension): Dimension | undefined {
  const [top, bottom] = [factorsOf(numerator), factorsOf(denominator)];
  const names = [...top.names];
  for (const name of bottom.names) {
    const position = names.indexOf(name);
    if (position < 0) return undefined;
    names.splice(position, 1);
  }
  if (bottom.known === 0 || top.known % bottom.known !== 0) return undefined;
  return shapeSize([...names, top.known / bottom.known]);
}

function factorsOf(dimension: Dimension): { known: number; names: string[] } {
  if (typeof dimension === 'number') return { known: dimension, names: [] };
  let known = 1;
  const names: string[] = [];
  for (const factor of dimension.split('*')) {
    if (Number.isNaN(Number(factor))) names.push(factor);
    else known *= Number(factor);
  }
  return { known, names };
}

/** A dimension with open names replaced by the sizes they are bound to. */
export function bindDimension(dimension: Dimension, sizes: ReadonlyMap<string, number>): Dimension {
  if (typeof dimension === 'number') return dimension;
  const whole = sizes.get(dimension);
  return (
    whole ?? shapeSize(dimension.split('*').map((factor) => sizes.get(factor) ?? (Number(factor) || factor)))
  );
}

/** Bytes between neighbours along each axis, in elements, for a row-major array. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1]! * shape[axis + 1]!;
  return strides;
}
