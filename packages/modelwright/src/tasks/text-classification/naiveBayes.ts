// Multinomial naive Bayes: the baseline of every report, and a model of its own.
import { specialIds } from '../../data/text/index.js';
import { NdArray } from '../../graph/array.js';
import type { EncodedTexts } from './encoded.js';

/** log P(class) and log P(token | class): the parameters of a linear model over counts. */
export interface NaiveBayes {
  /** float32 [classes]. */
  readonly priors: NdArray<'float32'>;
  /** float32 [vocabulary, classes]; 0 for special tokens, which say nothing. */
  readonly scores: NdArray<'float32'>;
}

/**
 * Counts tokens by class: P(token | class) = (count + smoothing) / (tokens of the class + smoothing * vocabulary), special tokens
 * apart (Manning, Raghavan and Schütze, 2008, chapter 13).
 * @param smoothing added to every count. Default: 1
 */
export function fitNaiveBayes(
  { sequences, targets }: EncodedTexts,
  sizes: { readonly vocabulary: number; readonly classes: number },
  smoothing = 1,
): NaiveBayes {
  const { vocabulary, classes } = sizes;
  const special = Object.keys(specialIds).length;
  const counts = new Float64Array(vocabulary * classes);
  const tokens = new Float64Array(classes);
  const texts = new Float64Array(classes);
  for (const [i, ids] of sequences.entries()) {
    const target = targets[i]!;
    texts[target]! += 1;
    for (const id of ids) {
      if (id < special) continue;
      counts[id * classes + target]! += 1;
      tokens[target]! += 1;
    }
  }
  const scores = new NdArray('float32', [vocabulary, classes]);
  for (let id = special; id < vocabulary; id++) {
    for (let c = 0; c < classes; c++) {
      const whole = tokens[c]! + smoothing * (vocabulary - special);
      scores.data[id * classes + c] = Math.log((counts[id * classes + c]! + smoothing) / whole);
    }
  }
  const priors = NdArray.of(
    'float32',
    [classes],
    Array.from(texts, (count) => Math.log(count / sequences.length)),
  );
  return { priors, scores };
}

/** The likeliest class of each text. */
export function predictNaiveBayes(
  { priors, scores }: NaiveBayes,
  sequences: EncodedTexts['sequences'],
): number[] {
  const classes = priors.size;
  return sequences.map((ids) => {
    const sums = Array.from(priors.data);
    for (const id of ids) for (let c = 0; c < classes; c++) sums[c]! += scores.data[id * classes + c]!;
    return sums.indexOf(Math.max(...sums));
  });
}
