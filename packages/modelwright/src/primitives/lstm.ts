// The loop of a long short-term memory, with a gradient of its own: all that does not depend on the gradients carried backwards is
// computed for all steps at once, so that six operations a step are left (matrix product included).
import { Graph } from '../graph/graph.js';
import { apply, type GradientContext, input, type Tensor } from '../graph/tensor.js';
import { add, mul, square, sub } from './arithmetic.js';
import { cast } from './cast.js';
import { sigmoid, tanh } from './elementwise.js';
import { matmul } from './matmul.js';
import { previousStep } from './overTime.js';
import { zerosLike } from './pullBack.js';
import { type ScanAttributes, scan, scanPrimitive } from './scan.js';
import { concat, reshape, transpose } from './shaping.js';
import { split } from './split.js';
import { where } from './where.js';

/**
 * One step of a long short-term memory (Hochreiter and Schmidhuber, 1997): i, f, o = sigmoid, g = tanh of x + h U;
 * c' = f c + i g; h' = o tanh(c'). Where `keep` is false, h and c stay.
 * @param tensors h, c [batch, units], x [batch, 4 units] with the columns of i, f, o, g, keep bool [batch, 1] or none, U [units, 4 units]
 * @returns h', c', then what each step gives out: h', c', i, f, o and g
 */
export function lstmStep(tensors: readonly Tensor[]): Tensor[] {
  const [h, c, x, ...rest] = tensors;
  const keep = rest.length > 1 ? rest[0] : undefined;
  const units = h!.shape[1] as number;
  const gates = add(matmul(h!, rest.at(-1)!), x!);
  const [open, candidate] = split(gates, [3 * units, units], 1);
  const [i, f, o] = split(sigmoid(open!), [units, units, units], 1);
  const g = tanh(candidate!);
  const cell = add(mul(f!, c!), mul(i!, g));
  const out = mul(o!, tanh(cell));
  const next = keep ? [where(keep, out, h!), where(keep, cell, c!)] : [out, cell];
  return [...next, ...next, i!, f!, o!, g];
}

/** What the loop backwards reads at each step; the optional ones where there are masks, or gradients of what a step gave out. */
type Known = {
  /** What the gradients of c, or of h for o, are multiplied with to become those of i, f, o and g before their sigmoid or tanh. */
  readonly factors: readonly Tensor[];
  /** From the gradient of h' to that of c', and from that to c's. */
  readonly toCell: Tensor;
  readonly forget: Tensor;
  readonly kept?: Tensor;
  readonly dh?: Tensor;
  readonly dc?: Tensor;
  readonly dGates?: Tensor;
};

/** The gradient of a loop over `lstmStep`. */
export function lstmGradient({
  inputs,
  outputs,
  gradients,
  attributes: { reverse, scanned },
}: GradientContext<ScanAttributes>): (Tensor | undefined)[] {
  const [h0, c0, x, ...rest] = inputs as [Tensor, Tensor, Tensor, ...Tensor[]];
  const weight = rest.at(-1)!;
  const kept = scanned > 1 ? cast(rest[0]!, x.dtype) : undefined;
  const [lastH, lastC, h, c, i, f, o, g] = outputs as [
    Tensor,
    Tensor,
    Tensor,
    Tensor,
    Tensor,
    Tensor,
    Tensor,
    Tensor,
  ];
  const [dLastH, dLastC, dh, dc, ...dActivations] = gradients;
  const squashed = tanh(c);
  const slopes = [...[i, f, o].map((gate) => mul(gate, sub(1, gate))), sub(1, square(g))];
  const others = [g, previousStep(c, c0, reverse), squashed, i];
  const toCell = mul(o, sub(1, square(squashed)));
  const hasMore = dActivations.some((gradient) => gradient);
  const more = hasMore ? slopes.map((slope, k) => mul(dActivations[k] ?? zerosLike(slope), slope)) : [];
  const known: Known = {
    factors: slopes.map((slope, k) => mul(slope, others[k]!)),
    toCell: kept ? mul(toCell, kept) : toCell,
    forget: kept ? add(mul(f, kept), sub(1, kept)) : f,
    ...(kept ? { kept } : {}),
    ...(dh ? { dh } : {}),
    ...(dc ? { dc } : {}),
    ...(hasMore ? { dGates: concat(more, 2) } : {}),
  };
  const turned = transpose(weight);
  const { carry, outputs: dx } = scan(
    ([carriedH, carriedC]: readonly [Tensor, Tensor], now: Known) => {
      const toH = now.dh ? add(carriedH, now.dh) : carriedH;
      const fromH = add(carriedC, mul(toH, now.toCell));
      const toC = now.dc ? add(fromH, now.dc) : fromH;
      const raw = concat(
        now.factors.map((factor, k) => mul(k === 2 ? toH : toC, factor)),
        1,
      );
      const masked = now.kept ? mul(raw, now.kept) : raw;
      const gates = now.dGates ? add(masked, now.dGates) : masked;
      const product = matmul(gates, turned);
      const backH = now.kept ? add(product, mul(toH, sub(1, now.kept))) : product;
      return { carry: [backH, mul(toC, now.forget)] as const, outputs: gates };
    },
    [dLastH ?? zerosLike(lastH), dLastC ?? zerosLike(lastC)],
    known,
    { reverse: !reverse },
  );
  const flat = (tensor: Tensor): Tensor => reshape(tensor, [-1, tensor.shape[2]!]);
  const dWeight = matmul(transpose(flat(previousStep(h, h0, reverse))), flat(dx));
  return [...carry, dx, ...(kept ? [undefined] : []), dWeight];
}

export interface LstmLoopOptions {
  /** bool [time, batch, 1]: where it is false, h and c stay. */
  readonly keep?: Tensor | undefined;
  readonly reverse?: boolean;
}

/**
 * A loop over `lstmStep`.
 * @param x [time, batch, 4 units]: what the inputs add to i, f, o and g
 * @param weight [units, 4 units]
 * @returns h after each step [time, batch, units], and the last h and c
 */
export function lstmLoop(
  x: Tensor,
  weight: Tensor,
  state: readonly [h: Tensor, c: Tensor],
  { keep, reverse = false }: LstmLoopOptions = {},
): { readonly outputs: Tensor; readonly last: readonly [Tensor, Tensor] } {
  const scanned = keep ? [x, keep] : [x];
  const placeholders = [...state, ...scanned, weight].map(({ dtype, shape }, i) =>
    input('', dtype, i < 2 || i === scanned.length + 2 ? shape : shape.slice(1)),
  );
  const body = new Graph(placeholders, lstmStep(placeholders));
  const attributes = { body, carries: 2, scanned: scanned.length, reverse, rule: 'lstm' as const };
  const [lastH, lastC, outputs] = apply(scanPrimitive, [...state, ...scanned, weight], attributes);
  return { outputs: outputs!, last: [lastH!, lastC!] };
}
