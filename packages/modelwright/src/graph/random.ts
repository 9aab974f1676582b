/**
 * A seeded random generator: the same key gives the same numbers, on every platform.
 *
 * The key is any list of integers, for example `(seed, epoch, index)`: each key has its own stream, so what is
 * drawn for one element never depends on which others were drawn before it. The generator is sfc32 (Chris
 * Doty-Humphrey, PractRand), its state mixed from the key with the finaliser of MurmurHash3.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;
  #spareNormal: number | undefined;

  constructor(...key: readonly number[]) {
    this.#a = hash(0x9e3779b9, key);
    this.#b = hash(0x243f6a88, key);
    this.#c = hash(0xb7e15162, key);
    for (let i = 0; i < 12; i++) this.#next();
  }

  /** The next 32 random bits. */
  #next(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** A number in [low, high); [0, 1) by default. */
  uniform(low = 0, high = 1): number {
    const unit = ((this.#next() >>> 5) * 2 ** 26 + (this.#next() >>> 6)) * 2 ** -53;
    return low + (high - low) * unit;
  }

  /** A whole number in [low, high). */
  integer(low: number, high: number): number {
    return low + Math.floor(this.uniform() * (high - low));
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.uniform() < probability;
  }

  /** A normally distributed number (polar method of Marsaglia). */
  normal(mean = 0, standardDeviation = 1): number {
    let value = this.#spareNormal;
    this.#spareNormal = undefined;
    while (value === undefined) {
      const u = this.uniform(-1, 1);
      const v = this.uniform(-1, 1);
      const square = u * u + v * v;
      if (square === 0 || square >= 1) continue;
      const factor = Math.sqrt((-2 * Math.log(square)) / square);
      value = u * factor;
      this.#spareNormal = v * factor;
    }
    return mean + standardDeviation * value;
  }

  /** A number from the gamma distribution with this shape and scale 1 (Marsaglia and Tsang, 2000). */
  gamma(shape: number): number {
    if (shape < 1) return this.gamma(shape + 1) * (1 - this.uniform()) ** (1 / shape);
    const d = shape - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = this.normal();
      const v = (1 + c * x) ** 3;
      if (v > 0 && Math.log(1 - this.uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
    }
  }

  /** A number in [0, 1] from the beta distribution. */
  beta(alpha: number, beta: number): number {
    const x = this.gamma(alpha);
    const y = this.gamma(beta);
    return x + y === 0 ? 0.5 : x / (x + y);
  }

  /** One of the items. */
  choice<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError('Random.choice: there is nothing to choose from.');
    return items[this.integer(0, items.length)]!;
  }

  /** The numbers 0 ... length - 1 in random order. */
  permutation(length: number): Int32Array<ArrayBuffer> {
    const order = new Int32Array(length);
    for (let i = 0; i < length; i++) order[i] = i;
    return this.shuffle(order);
  }

  /** Reorders the items in place (Fisher and Yates) and gives them back. */
  shuffle<A extends unknown[] | Int32Array>(items: A): A {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.integer(0, i + 1);
      const item = items[i];
      items[i] = items[j]!;
      items[j] = item!;
    }
    return items;
  }
}

/** 32 bits mixed from the key; sensitive to the order and the number of its parts. */
function hash(start: number, key: readonly number[]): number {
  let state = start ^ key.length;
  for (const part of key) {
    state = mix(state ^ (part | 0));
    state = mix(state ^ Math.floor(part / 2 ** 32));
  }
  return state;
}

function mix(value: number): number {
  let x = (value + 0x9e3779b9) | 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
}
