import { NdArray } from '../../graph/array.js';
import {
  equalError,
  recallAtK,
  rocAuc,
  rocCurve,
  trueAcceptRate,
  verificationPairs,
} from '../../nn/metrics/index.js';
import { rocSvg } from '../../report/charts/index.js';
import type { LabelledEmbeddings } from './embed.js';

/** The most pictures whose pairs are all compared: two million pairs. */
const mostPictures = 2000;

/** How well embeddings tell classes apart that the training has not seen. */
export interface MeasuredSimilarity {
  /** Equal error rate, recalls, true accept rates where that share of false pairs is accepted, area under the ROC curve. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Similarity at which the equal error rate is reached. */
  readonly threshold: number;
  /** Points of the ROC curve. */
  readonly curve: {
    readonly falsePositiveRate: readonly number[];
    readonly truePositiveRate: readonly number[];
  };
  /** How many pictures were compared. */
  readonly pictures: number;
}

/** Compares all pictures with each other; of more than 2,000 an evenly spaced choice. */
export function measureSimilarity(all: LabelledEmbeddings): MeasuredSimilarity {
  const { embeddings, labels } = thinned(all);
  const pairs = verificationPairs(embeddings, labels);
  const roc = rocCurve(pairs.scores, pairs.labels);
  const { rate, threshold } = equalError(roc);
  const [recall1, recall5] = recallAtK(embeddings, labels, [1, 5]);
  return {
    metrics: {
      equalErrorRate: rate,
      recallAt1: recall1!,
      recallAt5: recall5!,
      trueAcceptAt10Percent: trueAcceptRate(roc, 0.1),
      trueAcceptAt1Percent: trueAcceptRate(roc, 0.01),
      trueAcceptAt1Permille: trueAcceptRate(roc, 0.001),
      rocAuc: rocAuc(pairs.scores, pairs.labels),
    },
    threshold,
    curve: roc,
    pictures: labels.length,
  };
}

function thinned(all: LabelledEmbeddings): LabelledEmbeddings {
  const count = all.labels.length;
  if (count <= mostPictures) return all;
  const width = all.embeddings.shape[1]!;
  const chosen = Array.from({ length: mostPictures }, (_, i) => Math.floor((i * count) / mostPictures));
  const embeddings = new NdArray('float32', [mostPictures, width]);
  for (const [i, row] of chosen.entries()) {
    embeddings.data.set(all.embeddings.data.subarray(row * width, (row + 1) * width), i * width);
  }
  return { embeddings, labels: chosen.map((row) => all.labels[row]!) };
}

/** Points beyond which a curve looks no different. */
const drawnPoints = 2000;

/** The ROC curve as SVG. */
export function similarityRocSvg({ metrics, curve }: MeasuredSimilarity): Promise<string> {
  const { falsePositiveRate: x, truePositiveRate: y } = curve;
  const stride = Math.ceil(x.length / drawnPoints);
  // Every step up at the far left is kept: there lies what matters.
  const kept = [...x.keys()].filter((i) => i % stride === 0 || i === x.length - 1 || x[i]! < 0.02);
  const name = `pairs of pictures, equal error rate ${(100 * metrics.equalErrorRate!).toFixed(2)} %`;
  return rocSvg([
    {
      name,
      falsePositiveRate: kept.map((i) => x[i]!),
      truePositiveRate: kept.map((i) => y[i]!),
      area: metrics.rocAuc!,
    },
  ]);
}
