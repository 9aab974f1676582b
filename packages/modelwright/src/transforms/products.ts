// Where a factor of each row stands beside a matrix product: it is applied to the narrower of the two matrices.
import { type Shape, sameShape } from '../graph/shape.js';
import { apply1, type GraphNode, type Tensor } from '../graph/tensor.js';
import { mul, reshape } from '../primitives/index.js';
import { matmulPrimitive } from '../primitives/matmul.js';

interface ScaledRows {
  /** [rows, columns] */
  readonly matrix: Tensor;
  /** [rows, 1] */
  readonly factor: Tensor;
}

/** What a matrix is the product of, if it is one of a matrix and a factor for each row; axes may be laid together after it. */
function scaledRows(tensor: Tensor): ScaledRows | undefined {
  const [rows, columns] = tensor.shape;
  const source = tensor.node?.primitive.name === 'reshape' ? tensor.node.inputs[0]! : tensor;
  const { node, shape } = source;
  if (node?.primitive.name !== 'mul' || shape.at(-1) !== columns || columns === 1) return undefined;
  const matrix = node.inputs.find((operand) => sameShape(operand.shape, shape));
  const factor = node.inputs.find((operand) => sameShape(operand.shape, shape.with(-1, 1)));
  return matrix && factor && { matrix: reshape(matrix, tensor.shape), factor: reshape(factor, [rows!, 1]) };
}

const isMuchWider = ({ shape: a }: Tensor, { shape: b }: { shape: Shape }): boolean =>
  typeof a[1] === 'number' && typeof b[1] === 'number' && a[1] > 4 * b[1];

/**
 * (r A) B is r (A B), and Cᵀ (r A) is (r C)ᵀ A, for a factor r of each row of A: better where A is much the wider one, as the
 * gradient of a softmax over a large vocabulary is.
 */
export function rowFactorsOutOfProducts(
  { primitive, attributes, outputs }: GraphNode,
  [a, b]: readonly Tensor[],
): Tensor | undefined {
  if (primitive.name !== matmulPrimitive.name || a!.rank !== 2 || b!.rank !== 2) return undefined;
  const flags = attributes as { transposeA: boolean; transposeB: boolean };
  if (!flags.transposeA) {
    const left = isMuchWider(a!, outputs[0]!) ? scaledRows(a!) : undefined;
    return left && mul(apply1(matmulPrimitive, [left.matrix, b!], flags), left.factor);
  }
  const right = !flags.transposeB && isMuchWider(b!, a!) ? scaledRows(b!) : undefined;
  return right && apply1(matmulPrimitive, [mul(a!, right.factor), right.matrix], flags);
}
