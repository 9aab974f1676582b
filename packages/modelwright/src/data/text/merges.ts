// Byte-pair encoding's training (Sennrich et al., 2016): join the commonest pair of neighbours, again and again.

/** How merges are learnt. */
export interface MergeOptions {
  /** The most tokens in the end, those of `tokens` included. */
  readonly size: number;
  /** How often a pair must occur to be joined. */
  readonly minimumCount: number;
  /** Tokens that are there already, in the order of their ids. */
  readonly tokens: readonly string[];
  /** What marks a token that goes on within a word: '##' for WordPiece, nothing for byte-level BPE. */
  readonly prefix: string;
}

export interface LearntMerges {
  /** Tokens in the order of their ids. */
  readonly tokens: string[];
  /** The pairs that are joined, the first ones first. */
  readonly merges: (readonly [string, string])[];
}

/** A pair of neighbours: how often it occurs, and in which words. */
interface Pair {
  readonly left: number;
  readonly right: number;
  count: number;
  readonly words: Set<number>;
}

/**
 * Learns which neighbours to join from words and how often they occur. Of pairs that are equally common the one with the lowest
 * ids is first, as in Hugging Face's trainers.
 */
export function learnMerges(words: ReadonlyMap<string, number>, options: MergeOptions): LearntMerges {
  const { size, minimumCount, prefix } = options;
  const tokens = [...options.tokens];
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const idOf = (token: string): number => {
    let id = ids.get(token);
    if (id === undefined) {
      id = tokens.push(token) - 1;
      ids.set(token, id);
    }
    return id;
  };
  const alphabet = new Set<string>();
  for (const word of words.keys()) for (const piece of pieces(word, prefix)) alphabet.add(piece);
  for (const piece of [...alphabet].sort()) idOf(piece);
  const counts = [...words.values()];
  const sequences = [...words.keys()].map((word) => pieces(word, prefix).map(idOf));
  const pairs = new PairTable();
  for (const [word, sequence] of sequences.entries()) {
    for (let i = 1; i < sequence.length; i++) pairs.add(sequence[i - 1]!, sequence[i]!, counts[word]!, word);
  }
  const merges: (readonly [string, string])[] = [];
  while (tokens.length < size) {
    const pair = pairs.takeCommonest();
    if (!pair || pair.count < minimumCount) break;
    const { left, right } = pair;
    const joined = idOf(tokens[left]! + tokens[right]!.slice(prefix.length));
    merges.push([tokens[left]!, tokens[right]!]);
    for (const word of pair.words) {
      const sequence = sequences[word]!;
      const count = counts[word]!;
      for (let i = 0; i + 1 < sequence.length; i++) {
        if (sequence[i] !== left || sequence[i + 1] !== right) continue;
        if (i > 0) {
          pairs.add(sequence[i - 1]!, left, -count, word);
          pairs.add(sequence[i - 1]!, joined, count, word);
        }
        if (i + 2 < sequence.length) {
          pairs.add(right, sequence[i + 2]!, -count, word);
          pairs.add(joined, sequence[i + 2]!, count, word);
        }
        sequence.splice(i, 2, joined);
      }
    }
  }
  return { tokens, merges };
}

/** The characters of a word, those after the first with the prefix. */
function pieces(word: string, prefix: string): string[] {
  return Array.from(word, (character, i) => (i === 0 ? character : prefix + character));
}

/** Pairs of neighbours with a heap over them. Entries of the heap whose count is no longer true are passed over. */
class PairTable {
  readonly #pairs = new Map<number, Pair>();
  readonly #heap: { readonly pair: Pair; readonly count: number }[] = [];

  add(left: number, right: number, count: number, word: number): void {
    const key = left * 2 ** 26 + right;
    let pair = this.#pairs.get(key);
    if (!pair && count < 0) return; // the pair that is being joined, overlapping itself
    if (!pair) {
      pair = { left, right, count: 0, words: new Set() };
      this.#pairs.set(key, pair);
    }
    pair.count += count;
    if (count > 0) pair.words.add(word);
    if (pair.count > 0) this.#push({ pair, count: pair.count });
  }

  /** Takes the commonest pair out. */
  takeCommonest(): Pair | undefined {
    for (;;) {
      const top = this.#pop();
      if (!top) return undefined;
      if (top.count !== top.pair.count) continue;
      this.#pairs.delete(top.pair.left * 2 ** 26 + top.pair.right);
      const pair = { ...top.pair };
      top.pair.count = 0;
      return pair;
    }
  }

  #before(a: number, b: number): boolean {
    const [x, y] = [this.#heap[a]!, this.#heap[b]!];
    if (x.count !== y.count) return x.count > y.count;
    return x.pair.left !== y.pair.left ? x.pair.left < y.pair.left : x.pair.right < y.pair.right;
  }

  #swap(a: number, b: number): void {
    const heap = this.#heap;
    [heap[a], heap[b]] = [heap[b]!, heap[a]!];
  }

  #push(entry: { pair: Pair; count: number }): void {
    let at = this.#heap.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#before(at, parent)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #pop() {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (heap.length === 0 || !last) return top;
    heap[0] = last;
    for (let at = 0; ; ) {
      let first = at;
      for (const child of [2 * at + 1, 2 * at + 2])
        if (child < heap.length && this.#before(child, first)) first = child;
      if (first === at) return top;
      this.#swap(at, first);
      at = first;
    }
  }
}
