import { bleu, chrf } from '../../nn/metrics/text/index.js';
import { evaluate } from '../../train/evaluate.js';
import type { TrainedModel } from '../../train/trained.js';
import { pairBatches } from './batches.js';
import type { EncodedPair } from './encoded.js';
import type {
  LengthScores,
  ScoredTranslation,
  Translated,
  TranslationEvaluateOptions,
  TranslationEvaluateResult,
} from './options.js';
import type { ParallelText } from './pairs.js';
import type { SavedSettings } from './saved.js';
import type { TranslationTokenizers } from './tokenizers.js';
import { Translator } from './translator.js';

/** What was measured on some pairs. */
export interface MeasuredTranslations extends Pick<TranslationEvaluateResult, 'lengths' | 'worst'> {
  /** Loss a token, and BLEU and chrF of greedy decoding and of beam search. */
  readonly metrics: Record<string, number>;
  /** By beam search, in the order of the pairs. */
  readonly translations: readonly Translated[];
}

/** A trained network with what it needs to translate. */
export interface TrainedTranslator extends Pick<SavedSettings, 'bleuTokens' | 'maximumLength'> {
  readonly trained: TrainedModel;
  readonly tokenizers: TranslationTokenizers;
}

/** The most translations that are told as the worst. */
const mostWorst = 20;
/** Tokens in a batch of which the loss is measured. */
const batchTokens = 4000;
/** About how many groups of lengths there are scores of. */
const lengthGroups = 5;

/**
 * Loss, BLEU and chrF of a translator.
 * @param encoded the pairs as numbers
 */
export async function measureTranslations(
  { trained, tokenizers, maximumLength, bleuTokens }: TrainedTranslator,
  pairs: readonly ParallelText[],
  encoded: readonly EncodedPair[],
  options: Pick<TranslationEvaluateOptions, 'beams' | 'lengthPenalty' | 'device'> = {},
): Promise<MeasuredTranslations> {
  const { device, beams = 4, lengthPenalty = 0.6 } = options;
  const { loss } = await evaluate(trained, pairBatches(encoded, { batchTokens }), {
    metrics: [],
    ...(device && { device }),
  });
  const { model, variables } = trained;
  const translator = await Translator.open({ model, variables, tokenizers, maximumLength });
  const sources = pairs.map(({ source }) => source);
  const translate = async (beamCount: number): Promise<Translated[]> => {
    const found = await translator.translateAll(sources, {
      beams: beamCount,
      lengthPenalty,
      truncate: true,
    });
    return pairs.map(({ source, target }, i) => ({ source, reference: target, translation: found[i]! }));
  };
  try {
    const greedy = await translate(1);
    const searched = beams === 1 ? greedy : await translate(beams);
    const score = (translations: readonly Translated[]) => scoresOf(translations, bleuTokens);
    const [first, second] = [score(greedy), score(searched)];
    return {
      metrics: {
        loss: loss!,
        bleu: first.bleu,
        chrf: first.chrf,
        ...(beams > 1 && { bleuBeam: second.bleu, chrfBeam: second.chrf }),
      },
      translations: searched,
      lengths: byLength(
        searched,
        encoded.map(({ source }) => source.length),
        score,
      ),
      worst: worstOf(searched),
    };
  } finally {
    await translator.release();
  }
}

function scoresOf(
  translations: readonly Translated[],
  tokenize: SavedSettings['bleuTokens'],
): { readonly bleu: number; readonly chrf: number } {
  const texts = translations.map(({ translation }) => translation);
  const references = translations.map(({ reference }) => [reference]);
  return { bleu: bleu(texts, references, { tokenize }).score, chrf: chrf(texts, references) };
}

/** Scores of about equally many texts each, by the tokens of their sources. */
function byLength(
  translations: readonly Translated[],
  lengths: readonly number[],
  score: (translations: readonly Translated[]) => { readonly bleu: number; readonly chrf: number },
): LengthScores[] {
  const order = lengths.map((_, i) => i).sort((a, b) => lengths[a]! - lengths[b]!);
  const groups: number[][] = [];
  for (const index of order) {
    const last = groups.at(-1);
    const full = last !== undefined && last.length >= order.length / lengthGroups;
    if (!last || (full && lengths[index] !== lengths[last.at(-1)!])) groups.push([index]);
    else last.push(index);
  }
  return groups.map((group) => ({
    from: lengths[group[0]!]!,
    to: lengths[group.at(-1)!]!,
    examples: group.length,
    ...score(group.map((index) => translations[index]!)),
  }));
}

function worstOf(translations: readonly Translated[]): ScoredTranslation[] {
  return translations
    .map((each) => ({ ...each, chrf: chrf([each.translation], [[each.reference]]) }))
    .sort((a, b) => a.chrf - b.chrf)
    .slice(0, mostWorst);
}
