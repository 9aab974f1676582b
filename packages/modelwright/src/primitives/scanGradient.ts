// The gradient of a loop: a loop that runs the other way over what the first one computed. It is kept small: what does not depend
// on the gradients it carries is computed for all steps at once before it, and what they do not depend on, after it.
import { isFloat } from '../graph/dtype.js';
import { Graph, sortNodes } from '../graph/graph.js';
import { apply, type GradientContext, input, type Tensor } from '../graph/tensor.js';
import { add, mul } from './arithmetic.js';
import { hasTimeRule, overTime, previousStep, sumOverTime, type TimedInput } from './overTime.js';
import { dependents, pullBack, zerosLike } from './pullBack.js';
import { sum } from './reductions.js';
import { type ScanAttributes, scanOver, scanPrimitive } from './scan.js';
import { broadcastTo } from './shaping.js';

type Context = GradientContext<ScanAttributes>;

/** One step backwards, traced over the body's own tensors and placeholders for the gradients of its outputs. */
interface StepBackwards {
  /** For each output of the body the placeholder of its gradient. */
  readonly seeds: readonly (Tensor | undefined)[];
  /** For each input of the body its gradient. */
  readonly found: readonly (Tensor | undefined)[];
  /** What differs from step to step. */
  readonly varying: ReadonlySet<Tensor>;
  /** What depends on the gradients that are carried. */
  readonly hot: ReadonlySet<Tensor>;
  /** What the forward loop computes. */
  readonly forward: ReadonlySet<Tensor>;
}

function traceStep({ attributes: { body, carries, scanned }, gradients }: Context): StepBackwards {
  const seeds = body.outputs.map(({ dtype, shape }, i) =>
    isFloat(dtype) && (i < carries || gradients[i]) ? input('gradient', dtype, shape) : undefined,
  );
  const floats = body.inputs.filter(({ dtype }) => isFloat(dtype));
  const gradientOf = new Map(
    pullBack(body.outputs, seeds, floats).map((gradient, i) => [floats[i]!, gradient]),
  );
  const found = body.inputs.map((tensor) => gradientOf.get(tensor));
  const nodes = sortNodes([...body.outputs, ...found.filter((tensor) => tensor !== undefined)]);
  const defined = seeds.filter((seed) => seed !== undefined);
  const stepInputs = body.inputs.slice(0, carries + scanned);
  const varying = dependents(nodes, [...stepInputs, ...defined]);
  const hot = dependents(
    nodes,
    seeds.slice(0, carries).filter((seed) => seed !== undefined),
  );
  const computed = [...body.inputs.slice(0, carries), ...body.nodes.flatMap(({ outputs }) => outputs)];
  return { seeds, found, varying, hot, forward: new Set(computed.filter((tensor) => varying.has(tensor))) };
}

/** What runs inside the loop, and what it reads that is known for all steps before it begins. */
class LoopPlan {
  readonly inside = new Set<Tensor>();
  readonly read = new Set<Tensor>();
  readonly #step: StepBackwards;

  constructor(step: StepBackwards) {
    this.#step = step;
  }

  /** Puts a tensor into the loop, with all it needs that cannot be had before. */
  enter(tensor: Tensor): void {
    const { varying, hot } = this.#step;
    if (!varying.has(tensor) || this.inside.has(tensor)) return;
    if (!hot.has(tensor) && this.#spreads(tensor, new Set())) {
      this.read.add(tensor);
      return;
    }
    this.inside.add(tensor);
    for (const source of tensor.node?.inputs ?? []) this.enter(source);
  }

  /** Whether a tensor can be had for all steps at once when the loop is done. */
  spreads(tensor: Tensor): boolean {
    return this.#spreads(tensor, this.inside);
  }

  /** Whether a tensor can be had for all steps at once, from what the forward loop gives out and these. */
  #spreads(tensor: Tensor, given: ReadonlySet<Tensor>, seen = new Map<Tensor, boolean>()): boolean {
    const { varying, hot, forward } = this.#step;
    if (!varying.has(tensor) || forward.has(tensor) || given.has(tensor)) return true;
    const { node } = tensor;
    if (!node) return !hot.has(tensor);
    const known = seen.get(tensor);
    if (known !== undefined) return known;
    const result = hasTimeRule(node) && node.inputs.every((source) => this.#spreads(source, given, seen));
    seen.set(tensor, result);
    return result;
  }

  /** What computing these for all steps needs of what the loops compute, forwards or backwards. */
  sources(tensors: Iterable<Tensor>): Set<Tensor> {
    const found = new Set<Tensor>();
    const seen = new Set<Tensor>();
    const visit = (tensor: Tensor): void => {
      if (!this.#step.varying.has(tensor) || seen.has(tensor)) return;
      seen.add(tensor);
      if (this.#step.forward.has(tensor) || this.inside.has(tensor)) found.add(tensor);
      else for (const source of tensor.node?.inputs ?? []) visit(source);
    };
    for (const tensor of tensors) visit(tensor);
    return found;
  }
}

export function scanGradient(context: Context): (Tensor | undefined)[] {
  const { inputs, outputs, gradients, attributes } = context;
  const { body, carries, scanned, reverse } = attributes;
  const step = traceStep(context);
  const { seeds, found, varying } = step;
  const plan = new LoopPlan(step);
  const positions = (from: number, to = body.inputs.length): number[] =>
    found.flatMap((gradient, i) => (i >= from && i < to && gradient ? [i] : []));
  const carried = body.inputs.flatMap((_, i) => (i < carries && seeds[i] ? [i] : []));
  const back = (i: number): Tensor => found[i] ?? zerosLike(body.inputs[i]!);

  for (const i of carried) plan.enter(back(i));
  const inLoop = positions(carries).filter((i) => !plan.spreads(back(i)));
  for (const i of inLoop) plan.enter(back(i));
  const afterwards = positions(carries).filter((i) => !inLoop.includes(i));
  const needed = plan.sources(afterwards.map(back));
  const given = [...needed].filter((tensor) => plan.inside.has(tensor));
  const saved = [...needed, ...plan.sources(plan.read)].filter((tensor) => step.forward.has(tensor));

  // Values for all steps, and values that are the same at every step.
  const stacked = stackForward(context, step, saved);
  const fixed = new Map<Tensor, Tensor>(
    body.inputs.flatMap((tensor, i) => (i >= carries + scanned ? [[tensor, inputs[i]!]] : [])),
  );
  const atOnce = (tensor: Tensor): TimedInput => {
    if (!varying.has(tensor)) return { value: substitute(tensor, fixed), varies: false };
    const node = tensor.node!;
    if (!stacked.has(tensor)) {
      const values = overTime(node, node.inputs.map(atOnce));
      for (const [i, output] of node.outputs.entries()) stacked.set(output, values[i]!);
    }
    return { value: stacked.get(tensor)!, varies: true };
  };

  const read = [...plan.read];
  const readNow = read.map(({ dtype, shape }) => input('saved', dtype, shape));
  const inside = new Map([...fixed, ...read.map((tensor, i): [Tensor, Tensor] => [tensor, readNow[i]!])]);
  const summed = inLoop.filter((i) => i >= carries + scanned);
  const emitted = inLoop.filter((i) => i < carries + scanned);
  const totals = summed.map((i) => input('total', inputs[i]!.dtype, inputs[i]!.shape));
  const results = [
    ...carried.map((i) => substitute(back(i), inside)),
    ...summed.map((i, k) => add(totals[k]!, substitute(back(i), inside))),
    ...[...emitted.map(back), ...given].map((tensor) => substitute(tensor, inside)),
  ];
  const loop =
    results.length === 0
      ? []
      : scanOver(
          [...carried.map((i) => seeds[i]!), ...totals],
          read.length > 0 ? readNow : [body.inputs[carries]!],
          results,
          [
            ...carried.map((i) => gradients[i] ?? zerosLike(outputs[i]!)),
            ...summed.map((i) => zerosLike(inputs[i]!)),
          ],
          read.length > 0 ? read.map((tensor) => atOnce(tensor).value) : [inputs[carries]!],
          !reverse,
        );
  const done = new Map([...carried, ...summed, ...emitted].map((i, k) => [i, loop[k]!]));
  for (const [k, tensor] of given.entries()) stacked.set(tensor, loop[done.size + k]!);

  const length = inputs[carries]!.shape[0]!;
  const total = (tensor: Tensor): Tensor => {
    const { node } = tensor;
    if (!varying.has(tensor)) return mul(substitute(tensor, fixed), length as number);
    if (stacked.has(tensor) || !node) return sum(atOnce(tensor).value, 0);
    const isSum =
      node.primitive.name === 'add' && node.inputs.every(({ shape }) => shape.join() === tensor.shape.join());
    return isSum ? node.inputs.map(total).reduce(add) : sumOverTime(tensor, node.inputs.map(atOnce));
  };
  for (const i of afterwards) {
    const { value, varies } =
      i < carries + scanned ? atOnce(back(i)) : { value: total(back(i)), varies: true };
    done.set(i, varies ? value : broadcastTo(value, inputs[i]!.shape));
  }
  return inputs.map((_, i) => done.get(i));
}

/** The values of some tensors of the forward loop at every step, and those of what it was given. */
function stackForward(
  context: Context,
  { seeds, forward }: StepBackwards,
  wanted: readonly Tensor[],
): Map<Tensor, Tensor> {
  const { inputs, outputs, gradients, attributes } = context;
  const { body, carries, scanned, reverse } = attributes;
  const length = inputs[carries]!.shape[0]!;
  const stacked = new Map<Tensor, Tensor>();
  const known = (tensor: Tensor | undefined, value: Tensor | undefined): void => {
    if (tensor && value) stacked.set(tensor, value);
  };
  for (let i = carries; i < carries + scanned; i++) known(body.inputs[i], inputs[i]);
  for (let i = carries; i < body.outputs.length; i++) {
    known(seeds[i], gradients[i]);
    if (forward.has(body.outputs[i]!)) known(body.outputs[i], outputs[i]);
  }
  // A carry before each step is the carry after the step before it.
  const next = (tensor: Tensor): Tensor | undefined => {
    const position = body.inputs.indexOf(tensor);
    const after = position >= 0 && position < carries ? body.outputs[position]! : undefined;
    return after && typeof length === 'number' && after.node && forward.has(after) ? after : undefined;
  };
  const extra = new Set(
    wanted.map((tensor) => next(tensor) ?? tensor).filter((tensor) => !stacked.has(tensor)),
  );
  if (extra.size > 0) {
    const extended = new Graph(body.inputs, [...body.outputs, ...extra]);
    const values = apply(scanPrimitive, inputs, { ...attributes, body: extended });
    for (const [i, tensor] of [...extra].entries()) stacked.set(tensor, values[body.outputs.length + i]!);
  }
  for (const tensor of wanted) {
    const after = next(tensor);
    if (!after || stacked.has(tensor)) continue;
    const first = inputs[body.inputs.indexOf(tensor)]!;
    stacked.set(tensor, previousStep(stacked.get(after)!, first, reverse));
  }
  return stacked;
}

/** A tensor computed from what stands in for some of those it depends on. */
function substitute(tensor: Tensor, stands: Map<Tensor, Tensor>): Tensor {
  const known = stands.get(tensor);
  if (known || !tensor.node) return known ?? tensor;
  const { node } = tensor;
  const sources = node.inputs.map((source) => substitute(source, stands));
  const results = sources.every((source, i) => source === node.inputs[i])
    ? node.outputs
    : apply(node.primitive, sources, node.attributes);
  for (const [position, output] of node.outputs.entries()) stands.set(output, results[position]!);
  return results[tensor.output]!;
}
