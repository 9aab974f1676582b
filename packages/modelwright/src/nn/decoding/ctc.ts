// From the classes of each step to what was said, step by step, so that a part is known before the end.

/** A token that was heard, and when. */
export interface HeardToken {
  /** Its class. */
  readonly token: number;
  /** The step at which it begins, and the one before which it ends. */
  readonly start: number;
  readonly end: number;
}

/** Hears step after step. */
export interface CtcDecoder {
  /** Takes the logits of the next step, one a class. */
  push(logits: Float32Array): void;
  /** What has been heard so far. @param ended whether nothing more will come */
  heard(ended?: boolean): readonly HeardToken[];
}

/** The likeliest class of each step, repeats as one and blanks left out (Graves et al., 2006). What was heard stays. */
export class GreedyCtc implements CtcDecoder {
  readonly #blank: number;
  readonly #heard: { token: number; start: number; end: number }[] = [];
  #last: number;
  #step = 0;

  constructor(blank = 0) {
    this.#blank = blank;
    this.#last = blank;
  }

  push(logits: Float32Array): void {
    let token = 0;
    for (let i = 1; i < logits.length; i++) if (logits[i]! > logits[token]!) token = i;
    if (token !== this.#blank) {
      if (token === this.#last) this.#heard.at(-1)!.end = this.#step + 1;
      else this.#heard.push({ token, start: this.#step, end: this.#step + 1 });
    }
    this.#last = token;
    this.#step++;
  }

  heard(): readonly HeardToken[] {
    return this.#heard;
  }
}

/** What is known beforehand of token sequences: natural logarithms that are added to those of the network. */
export interface SequenceScorer<State = unknown> {
  readonly start: State;
  /** What a further token adds. */
  extend(state: State, token: number): { readonly state: State; readonly score: number };
  /** What the end of the sequence adds. */
  finish(state: State): number;
}

export interface CtcBeamOptions {
  /** How many beginnings are kept. Default: 16. */
  readonly beams?: number;
  readonly blank?: number;
  /** Classes whose logarithmic probability at a step is lower are not looked at. Default: -8. */
  readonly least?: number;
  /** Default: nothing is known. */
  readonly scorer?: SequenceScorer;
}

/** A beginning: a token after another beginning. Equal beginnings are one object. */
class Prefix {
  readonly token: number;
  readonly parent: Prefix | undefined;
  readonly state: unknown;
  /** Sum of what the scorer gave. */
  readonly score: number;
  readonly children = new Map<number, Prefix>();
  /** The step at which its last token was likeliest to begin, and how likely, of all that was open. */
  step = 0;
  certainty = Number.NEGATIVE_INFINITY;

  constructor(token: number, parent: Prefix | undefined, state: unknown, score: number) {
    this.token = token;
    this.parent = parent;
    this.state = state;
    this.score = score;
  }
}

/** Logarithms of the probability that a beginning was said, the last step having been blank or not. */
interface Chances {
  blank: number;
  token: number;
}

const impossible = Number.NEGATIVE_INFINITY;

/**
 * Prefix beam search (Hannun et al., 2014): the likeliest token sequence over all ways to say it, with what a scorer knows beforehand.
 */
export class CtcBeamSearch implements CtcDecoder {
  readonly #beams: number;
  readonly #blank: number;
  readonly #least: number;
  readonly #scorer: SequenceScorer | undefined;
  #open: Map<Prefix, Chances>;
  #step = 0;

  /** @throws RangeError when beams is no whole number of at least 1 */
  constructor({ beams = 16, blank = 0, least = -8, scorer }: CtcBeamOptions = {}) {
    if (!(Number.isInteger(beams) && beams > 0))
      throw new RangeError(`CtcBeamSearch: beams must be a whole number of at least 1, but it is ${beams}.`);
    this.#beams = beams;
    this.#blank = blank;
    this.#least = least;
    this.#scorer = scorer;
    this.#open = new Map([[new Prefix(blank, undefined, scorer?.start, 0), { blank: 0, token: impossible }]]);
  }

  push(logits: Float32Array): void {
    const chances = logSoftmaxOf(logits);
    const likely = Array.from(chances.keys()).filter((i) => i !== this.#blank && chances[i]! >= this.#least);
    const next = new Map<Prefix, Chances>();
    const into = (prefix: Prefix): Chances => {
      let found = next.get(prefix);
      if (!found) {
        found = { blank: impossible, token: impossible };
        next.set(prefix, found);
      }
      return found;
    };
    const level = Math.max(...Array.from(this.#open.values(), ({ blank, token }) => logSum(blank, token)));
    for (const [prefix, { blank, token }] of this.#open) {
      const all = logSum(blank, token);
      const same = into(prefix);
      same.blank = logSum(same.blank, all + chances[this.#blank]!);
      if (prefix.parent) same.token = logSum(same.token, token + chances[prefix.token]!);
      for (const i of likely) {
        const child = this.#child(prefix, i);
        const from = prefix.parent && i === prefix.token ? blank : all;
        if (from === impossible) continue;
        const longer = into(child);
        longer.token = logSum(longer.token, from + chances[i]!);
        const certainty = from + chances[i]! - level;
        if (certainty > child.certainty) {
          child.certainty = certainty;
          child.step = this.#step;
        }
      }
    }
    const ranked = [...next].sort((a, b) => rank(b) - rank(a));
    this.#open = new Map(ranked.slice(0, this.#beams));
    this.#step++;
  }

  heard(ended = false): readonly HeardToken[] {
    const scorer = this.#scorer;
    const worth = (entry: [Prefix, Chances]): number =>
      rank(entry) + (ended && scorer ? scorer.finish(entry[0].state) : 0);
    let [best] = [...this.#open].reduce((a, b) => (worth(b) > worth(a) ? b : a));
    const tokens: HeardToken[] = [];
    for (; best.parent; best = best.parent)
      tokens.push({ token: best.token, start: best.step, end: best.step + 1 });
    return tokens.reverse();
  }

  #child(prefix: Prefix, token: number): Prefix {
    let child = prefix.children.get(token);
    if (!child) {
      const extended = this.#scorer?.extend(prefix.state, token);
      child = new Prefix(token, prefix, extended?.state, prefix.score + (extended?.score ?? 0));
      prefix.children.set(token, child);
    }
    return child;
  }
}

const rank = ([prefix, { blank, token }]: readonly [Prefix, Chances]): number =>
  logSum(blank, token) + prefix.score;

/** log(exp(a) + exp(b)) */
function logSum(a: number, b: number): number {
  if (a === impossible) return b;
  if (b === impossible) return a;
  return Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b)));
}

function logSoftmaxOf(logits: Float32Array): Float64Array {
  const highest = logits.reduce((a, b) => Math.max(a, b));
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - highest);
  return Float64Array.from(logits, (logit) => logit - highest - Math.log(sum));
}
