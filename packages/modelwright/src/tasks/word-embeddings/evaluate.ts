import { readText } from '../../data/text/files.js';
import type { EvaluateResult } from '../events.js';
import { grammarAnalogies, grammarClasses } from './grammar.js';
import { type AnalogySections, neighbourAccuracy, scoreAnalogies } from './measure.js';
import type { WordEmbeddingsEvaluateOptions } from './options.js';
import { parseAnalogies } from './questions.js';
import { loadWordVectors } from './saved.js';
import type { WordVectors } from './wordVectors.js';

/** What was measured on word vectors. */
export interface WordVectorMeasures {
  /** Questions and words asked about. */
  readonly examples: number;
  readonly metrics: Readonly<Record<string, number>>;
}

/** Share of analogies answered rightly, over all and by section. */
export function measureAnalogies(vectors: WordVectors, sections: AnalogySections): WordVectorMeasures {
  const scores = Object.entries(scoreAnalogies(vectors, sections));
  const sum = (of: 'right' | 'asked' | 'skipped'): number =>
    scores.reduce((total, [, score]) => total + score[of], 0);
  const metrics: Record<string, number> = {
    analogyAccuracy: sum('right') / sum('asked'),
    skipped: sum('skipped'),
  };
  for (const [name, { right, asked }] of scores)
    if (asked > 0) metrics[`analogyAccuracy.${name}`] = right / asked;
  return { examples: sum('asked'), metrics };
}

/** Neighbours and analogies among the words of the generated grammar. */
export function measureGrammar(vectors: WordVectors): WordVectorMeasures {
  const { examples, metrics } = measureAnalogies(vectors, grammarAnalogies);
  const { skipped: _, ...analogies } = metrics;
  return {
    examples,
    metrics: { neighbourAccuracy: neighbourAccuracy(vectors, grammarClasses), ...analogies },
  };
}

/**
 * Measures saved word embeddings: how many analogies they answer (3CosAdd); on `grammar` also how many of the five nearest neighbours are of
 * a word's own class.
 * @throws Error when the model or the questions cannot be read, or the model knows no question's words
 */
export async function evaluateWordEmbeddings({
  model,
  data,
}: WordEmbeddingsEvaluateOptions): Promise<EvaluateResult> {
  const started = performance.now();
  const vectors = await loadWordVectors(model);
  const measured =
    data === 'grammar'
      ? measureGrammar(vectors)
      : measureAnalogies(vectors, parseAnalogies(await readText(data), { where: data }));
  if (measured.examples === 0)
    throw new Error(`${model} has no vectors for the four words of any question of ${data}.`);
  return { task: 'word-embeddings', model, data, seconds: (performance.now() - started) / 1000, ...measured };
}
