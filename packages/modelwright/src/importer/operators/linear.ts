import { sizeOf } from '../../graph/array.js';
import { isFloat } from '../../graph/dtype.js';
import type { Shape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { add, cast, matmul, matmulTransposed, mul, reshape, sum, transpose } from '../../primitives/index.js';
import { type NodeCall, operators } from '../nodeCall.js';

function gemm(call: NodeCall): Tensor {
  const [a, b] = [call.tensor(0), call.tensor(1)];
  const left = call.integer('transA', 0) !== 0 ? transpose(a) : a;
  const product = call.integer('transB', 0) !== 0 ? matmulTransposed(left, b) : matmul(left, b);
  const scaled = (x: Tensor, factor: number): Tensor => (factor === 1 ? x : mul(x, factor));
  const y = scaled(product, call.float('alpha', 1));
  const c = call.optional(2);
  const beta = call.float('beta', 1);
  return c && beta !== 0 ? add(y, scaled(c, beta)) : y;
}

function matrixProduct(call: NodeCall): Tensor {
  const [a, b] = [call.tensor(0), call.tensor(1)];
  if (isFloat(a.dtype)) return matmul(a, b);
  return cast(matmul(cast(a, 'float64'), cast(b, 'float64')), a.dtype);
}

/** One operand of an einsum: a letter for each axis. */
interface Term {
  readonly letters: readonly string[];
  readonly tensor: Tensor;
}

/** Letters for the axes that '...' stands for: the same number in all terms, aligned at the end. */
const ellipsisLetters = (count: number): string[] => Array.from({ length: count }, (_, i) => `.${count - i}`);

function lettersOf(term: string, rank: number): string[] {
  const parts = term.split('...');
  if (parts.length === 1) return [...term];
  const named = parts.join('').length;
  return [...parts[0]!, ...ellipsisLetters(rank - named), ...parts[1]!];
}

/** The term with its axes in this order, and sums over those that are not in it. */
function arranged({ letters, tensor }: Term, order: readonly string[]): Tensor {
  const gone = letters.flatMap((letter, axis) => (order.includes(letter) ? [] : [axis]));
  const left = letters.filter((letter) => order.includes(letter));
  const summed = gone.length > 0 ? sum(tensor, gone) : tensor;
  return transpose(
    summed,
    order.map((letter) => left.indexOf(letter)),
  );
}

/** A product of two terms as one of matrices: shared axes in front, then what stays of each, what is summed in the middle. */
function contracted(a: Term, b: Term, wanted: readonly string[]): Term {
  const shared = a.letters.filter((letter) => b.letters.includes(letter));
  const batch = shared.filter((letter) => wanted.includes(letter));
  const summed = shared.filter((letter) => !wanted.includes(letter));
  const own = (term: Term): string[] =>
    term.letters.filter((letter) => !shared.includes(letter) && wanted.includes(letter));
  const [left, right] = [own(a), own(b)];
  const x = arranged(a, [...batch, ...left, ...summed]);
  const y = arranged(b, [...batch, ...summed, ...right]);
  const [front, middle] = [batch.length, summed.length];
  const flat = (tensor: Tensor, ...groups: readonly Shape[]): Tensor =>
    reshape(tensor, [...tensor.shape.slice(0, front), ...groups.map(size)]);
  const size = (shape: Shape): number =>
    sizeOf(
      shape.map((dimension) => {
        if (typeof dimension === 'number') return dimension;
        throw new Error(
          `'${dimension}' is open; an einsum needs its sizes: give importOnnx the option sizes`,
        );
      }),
    );
  const [kept, inner] = [x.shape.slice(front, x.rank - middle), x.shape.slice(x.rank - middle)];
  const outer = y.shape.slice(front + middle);
  const product = matmul(flat(x, kept, inner), flat(y, inner, outer));
  const shape = [...product.shape.slice(0, front), ...kept, ...outer];
  return { letters: [...batch, ...left, ...right], tensor: reshape(product, shape) };
}

function einsum(call: NodeCall): Tensor {
  const equation = call.text('equation', '').replaceAll(' ', '');
  const [given, result] = equation.split('->');
  const tensors = call.tensors();
  const terms = given!.split(',').map((term, i): Term => {
    const tensor = tensors[i];
    if (!tensor) throw new Error(`its equation '${equation}' has more terms than there are inputs`);
    return { letters: lettersOf(term, tensor.rank), tensor };
  });
  for (const { letters, tensor } of terms) {
    if (letters.length !== tensor.rank) throw new Error(`its equation '${equation}' does not fit ${tensor}`);
    if (new Set(letters).size !== letters.length)
      throw new Error(`its equation '${equation}' takes a diagonal, which is not supported`);
  }
  const all = terms.flatMap(({ letters }) => letters);
  const once = [...new Set(all)].filter((letter) => all.indexOf(letter) === all.lastIndexOf(letter));
  const dots = [...new Set(all)]
    .filter((letter) => letter.startsWith('.'))
    .sort()
    .reverse();
  const named = once.filter((letter) => !letter.startsWith('.')).sort();
  const wanted =
    result === undefined
      ? [...dots, ...named]
      : lettersOf(result, dots.length + result.replace('...', '').length);
  const [first, ...rest] = terms;
  let sofar = first!;
  for (const [i, term] of rest.entries()) {
    const later = rest.slice(i + 1).flatMap(({ letters }) => letters);
    sofar = contracted(sofar, term, [...wanted, ...later]);
  }
  return arranged(sofar, wanted);
}

export const linearOperators = operators({
  Einsum: [einsum, 'no diagonals; sizes known'],
  Gemm: gemm,
  MatMul: matrixProduct,
});
