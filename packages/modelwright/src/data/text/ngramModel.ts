// How likely a word is after others, counted from texts.

/** Marks of the beginning, the end and words that were never seen, as ARPA files have them. */
const [beginning, end, unknown] = ['<s>', '</s>', '<unk>'];

interface Entry {
  /** Natural logarithm of the probability of the last word after the others. */
  readonly logProbability: number;
  /** Natural logarithm of what shorter histories are multiplied by where a word was not seen after this one. */
  backoff: number;
}

const keyOf = (words: readonly string[]): string => words.join(' ');

/**
 * An n-gram model of words with interpolation after Witten and Bell (1991): P(w | h) = (count(h w) + kinds(h) P(w | shorter h)) /
 * (count(h) + kinds(h)), where kinds(h) is how many different words were seen after h; words that were never seen share what the
 * unigrams leave. Written and read as ARPA files.
 */
export class NgramModel {
  /** The most words that are looked at together. */
  readonly order: number;
  readonly #entries: ReadonlyMap<string, Entry>;

  private constructor(order: number, entries: ReadonlyMap<string, Entry>) {
    this.order = order;
    this.#entries = entries;
  }

  /**
   * Counts sequences of words.
   * @throws RangeError when order is no whole number of at least 1, or there is no word
   */
  static train(sequences: readonly (readonly string[])[], order = 3): NgramModel {
    if (!(Number.isInteger(order) && order >= 1))
      throw new RangeError(`NgramModel: the order must be a whole number of at least 1, but it is ${order}.`);
    const counts = Array.from({ length: order }, () => new Map<string, { words: string[]; count: number }>());
    for (const sequence of sequences) {
      const words = [beginning!, ...sequence, end!];
      for (let last = 1; last < words.length; last++) {
        for (let n = 1; n <= Math.min(order, last + 1); n++) {
          const gram = words.slice(last + 1 - n, last + 1);
          const key = keyOf(gram);
          const known = counts[n - 1]!.get(key);
          if (known) known.count++;
          else counts[n - 1]!.set(key, { words: gram, count: 1 });
        }
      }
    }
    if (counts[0]!.size === 0) throw new RangeError('NgramModel: there is no word to count.');
    return new NgramModel(order, interpolate(counts.map((grams) => [...grams.values()])));
  }

  /** Natural logarithm of the probability of a word after others; `undefined` stands for the end. */
  score(history: readonly string[], word: string | undefined): number {
    const wanted = word ?? end!;
    const known = this.#entries.has(wanted) ? wanted : unknown!;
    let context = [beginning!, ...history].slice(Math.max(0, history.length + 2 - this.order));
    let sum = 0;
    for (;;) {
      const found = this.#entries.get(keyOf([...context, known]));
      if (found) return sum + found.logProbability;
      sum += this.#entries.get(keyOf(context))?.backoff ?? 0;
      context = context.slice(1);
    }
  }

  /** exp of the mean negative logarithm of the probability of each word and end. */
  perplexity(sequences: readonly (readonly string[])[]): number {
    let [sum, count] = [0, 0];
    for (const words of sequences) {
      for (let i = 0; i <= words.length; i++) sum -= this.score(words.slice(0, i), words[i]);
      count += words.length + 1;
    }
    return Math.exp(sum / count);
  }

  /** The model as an ARPA file. */
  toArpa(): string {
    const grams = Array.from({ length: this.order }, (): string[] => []);
    for (const [key, { logProbability, backoff }] of this.#entries) {
      const n = key.split(' ').length;
      const weight = n < this.order && backoff !== 0 ? `\t${decimal(backoff)}` : '';
      grams[n - 1]!.push(`${decimal(logProbability)}\t${key}${weight}`);
    }
    const counts = grams.map((lines, i) => `ngram ${i + 1}=${lines.length}`);
    const sections = grams.map((lines, i) => `\\${i + 1}-grams:\n${lines.join('\n')}\n`);
    return `\\data\\\n${counts.join('\n')}\n\n${sections.join('\n')}\n\\end\\\n`;
  }

  /** Reads an ARPA file. @throws Error naming the line that is none of it */
  static fromArpa(text: string, name = 'the ARPA file'): NgramModel {
    const entries = new Map<string, Entry>();
    let section = 0;
    for (const [i, line] of text.split(/\r?\n/).entries()) {
      const heading = /^\\(\d+)-grams:$/.exec(line.trim());
      if (heading) section = Number(heading[1]);
      else if (section > 0 && line.trim() !== '' && !line.startsWith('\\')) {
        const [probability, key, backoff = '0'] = line.split('\t');
        if (key === undefined || key.split(' ').length !== section || !(Number(probability) <= 99))
          throw new Error(`${name}:${i + 1}: this is no n-gram of ${section} words: '${line}'.`);
        entries.set(key, {
          logProbability: Number(probability) * Math.LN10,
          backoff: Number(backoff) * Math.LN10,
        });
      }
    }
    if (!entries.has(unknown!)) throw new Error(`${name} has no unigrams, or none of ${unknown}.`);
    return new NgramModel(section, entries);
  }
}

const decimal = (natural: number): string => String(Number((natural / Math.LN10).toFixed(6)));

type Grams = readonly { readonly words: readonly string[]; readonly count: number }[];

/** Probabilities of the n-grams that were seen, from short ones to long ones. */
function interpolate(orders: readonly Grams[]): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  const shorter = (words: readonly string[]): number => {
    const found = entries.get(keyOf(words));
    if (found) return Math.exp(found.logProbability);
    return Math.exp(entries.get(keyOf(words.slice(0, -1)))?.backoff ?? 0) * shorter(words.slice(1));
  };
  for (const [i, grams] of orders.entries()) {
    const histories = new Map<string, { total: number; kinds: number }>();
    for (const { words, count } of grams) {
      const history = histories.get(keyOf(words.slice(0, -1))) ?? { total: 0, kinds: 0 };
      history.total += count;
      history.kinds += 1;
      histories.set(keyOf(words.slice(0, -1)), history);
    }
    const share = 1 / (orders[0]!.length + 1);
    for (const { words, count } of grams) {
      const { total, kinds } = histories.get(keyOf(words.slice(0, -1)))!;
      const lower = i === 0 ? share : shorter(words.slice(1));
      entries.set(keyOf(words), {
        logProbability: Math.log((count + kinds * lower) / (total + kinds)),
        backoff: 0,
      });
    }
    if (i === 0) {
      const { total, kinds } = histories.get('')!;
      entries.set(unknown!, { logProbability: Math.log((kinds * share) / (total + kinds)), backoff: 0 });
      entries.set(beginning!, { logProbability: -99 * Math.LN10, backoff: 0 });
    } else {
      for (const [history, { total, kinds }] of histories) {
        const entry = entries.get(history);
        if (entry) entry.backoff = Math.log(kinds / (total + kinds));
      }
    }
  }
  return entries;
}
