import { encodePairs } from './encoded.js';
import { measureTranslations } from './measure.js';
import type { TranslationEvaluateOptions, TranslationEvaluateResult } from './options.js';
import { allPairs, fingerprintOf, openPairs, unseenPairs } from './pairs.js';
import { readTranslator, taskName } from './saved.js';

/**
 * Measures a saved translator: loss a token, BLEU and chrF of greedy decoding and of beam search. Of the data that it was trained
 * on, those held-out pairs are measured whose source does not stand in the training data too; of any other data all pairs.
 * @throws Error when the model or the data cannot be read
 */
export async function evaluateTranslator(
  options: TranslationEvaluateOptions,
): Promise<TranslationEvaluateResult> {
  const started = performance.now();
  const { data, model: directory } = options;
  const saved = await readTranslator(directory);
  const columns = options.columns ?? saved.columns;
  const { pairs, seen, known } = await pairsToMeasure(data, { ...saved, columns });
  const encoded = encodePairs(pairs, saved.tokenizers, { ...saved, tooLong: 'truncate' });
  const { metrics, lengths, worst } = await measureTranslations(saved, pairs, encoded.pairs, options);
  return {
    task: taskName,
    model: directory,
    data: known ? `${data} (held out)` : data,
    examples: pairs.length,
    metrics,
    lengths,
    worst,
    seen,
    truncated: encoded.truncated,
    seconds: (performance.now() - started) / 1000,
  };
}

async function pairsToMeasure(
  data: string,
  { columns, validationSplit, trained }: Awaited<ReturnType<typeof readTranslator>>,
) {
  const all = await allPairs(data, columns);
  const split = await openPairs(data, { columns, validationSplit }).catch(() => undefined);
  const known = split && (await fingerprintOf(split.train)) === trained.training.fingerprint;
  return { ...(known ? unseenPairs(split.test, split.train) : { pairs: all, seen: 0 }), known };
}
