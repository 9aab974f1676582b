// Mean average precision of found boxes, as the COCO evaluation defines it.

/** Left, top, right and bottom. */
type Box = readonly [x1: number, y1: number, x2: number, y2: number];

export interface FoundBox {
  readonly box: Box;
  /** Number of the class. */
  readonly label: number;
  readonly score: number;
}

export interface TrueBox {
  readonly box: Box;
  /** Number of the class. */
  readonly label: number;
  /** Whether it counts neither when it is found nor when it is missed, such as a crowd. */
  readonly ignored?: boolean | undefined;
}

/** One image: what was found on it, and what is there. */
export interface DetectedImage {
  readonly found: readonly FoundBox[];
  readonly truth: readonly TrueBox[];
}

export interface PrecisionOptions {
  readonly classes: number;
  /** How much of their union a found box and a true one must share. Default: 0.5, 0.55, .. 0.95. */
  readonly thresholds?: readonly number[];
  /** The most boxes of a class on an image that count, the best ones. Default: 100. */
  readonly maximum?: number;
}

/** Precision over recall of one class at one threshold, a point for each found box, the best first. */
export interface DetectionCurve {
  readonly precision: readonly number[];
  readonly recall: readonly number[];
  readonly scores: readonly number[];
}

export interface DetectionPrecision {
  /** The mean over thresholds and over classes that there are. NaN where there are no true boxes. */
  readonly mean: number;
  /** The same at each threshold. */
  readonly perThreshold: readonly number[];
  /** Each class, averaged over thresholds; NaN for a class without true boxes. */
  readonly perClass: readonly number[];
  /** Each class at the first threshold. */
  readonly perClassAtFirst: readonly number[];
  /** True boxes of each class, those left out that are ignored. */
  readonly support: readonly number[];
  /** By class, at the first threshold. */
  readonly curves: readonly DetectionCurve[];
}

/** 0.5, 0.55, .. 0.95. */
export const cocoThresholds: readonly number[] = Array.from({ length: 10 }, (_, i) => (50 + 5 * i) / 100);

const recallPoints = 101;

/**
 * The average precision of found boxes (Everingham et al., 2010; Lin et al., 2014). From the best score down each box found is matched with the
 * true box of its class, not yet matched, with which it shares most of their union, if that is at least the threshold. Precision is
 * made never to rise with recall and averaged over the recalls 0, 0.01, .. 1. The numbers are those of pycocotools.
 */
export function averagePrecision(
  images: readonly DetectedImage[],
  { classes, thresholds = cocoThresholds, maximum = 100 }: PrecisionOptions,
): DetectionPrecision {
  const results = Array.from({ length: classes }, (_, label) => {
    const ofClass = images.map(({ found, truth }) => ({
      found: best(
        found.filter((each) => each.label === label),
        maximum,
      ),
      truth: [...truth.filter((each) => each.label === label)].sort(
        (a, b) => Number(a.ignored ?? false) - Number(b.ignored ?? false),
      ),
    }));
    const support = ofClass.flatMap(({ truth }) => truth).filter(({ ignored }) => !ignored).length;
    return { support, curves: thresholds.map((threshold) => curveOf(ofClass, threshold, support)) };
  });
  const areas = results.map(({ support, curves }) =>
    curves.map((curve) => (support === 0 ? Number.NaN : areaUnder(curve))),
  );
  const present = areas.filter((_, label) => results[label]!.support > 0);
  const perThreshold = thresholds.map((_, i) => average(present.map((each) => each[i]!)));
  return {
    mean: average(perThreshold),
    perThreshold,
    perClass: areas.map(average),
    perClassAtFirst: areas.map(([first]) => first!),
    support: results.map(({ support }) => support),
    curves: results.map(({ curves }) => curves[0]!),
  };
}

const average = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** The best ones, the best first; of equal scores the earlier. */
function best(found: readonly FoundBox[], maximum: number): FoundBox[] {
  return [...found].sort((a, b) => b.score - a.score).slice(0, maximum);
}

interface Decided {
  readonly score: number;
  readonly right: boolean;
}

function curveOf(images: readonly DetectedImage[], threshold: number, support: number): DetectionCurve {
  const decided = images.flatMap((image) => decide(image, threshold)).sort((a, b) => b.score - a.score);
  const [precision, recall]: [number[], number[]] = [[], []];
  let right = 0;
  for (const [i, each] of decided.entries()) {
    if (each.right) right++;
    precision.push(right / (i + 1));
    recall.push(support === 0 ? Number.NaN : right / support);
  }
  return { precision, recall, scores: decided.map(({ score }) => score) };
}

/** Which found boxes of one image and class are right, and which are wrong; those that fall on ignored boxes are neither. */
function decide({ found, truth }: DetectedImage, threshold: number): Decided[] {
  const taken = new Set<number>();
  return found.flatMap(({ box, score }): Decided[] => {
    let overlap = Math.min(threshold, 1 - 1e-10);
    let match = -1;
    for (const [i, { box: other, ignored = false }] of truth.entries()) {
      if (taken.has(i) && !ignored) continue;
      // Those that are ignored come last: one that counts is not given up for them.
      if (match >= 0 && !truth[match]!.ignored && ignored) break;
      const shared = sharedPart(box, other, ignored);
      if (shared < overlap) continue;
      overlap = shared;
      match = i;
    }
    if (match < 0) return [{ score, right: false }];
    taken.add(match);
    return truth[match]!.ignored ? [] : [{ score, right: true }];
  });
}

/** Intersection over union; over the found box alone where the other one is ignored, since it may be a crowd. */
function sharedPart(found: Box, truth: Box, ignored: boolean): number {
  const width = Math.min(found[2], truth[2]) - Math.max(found[0], truth[0]);
  const height = Math.min(found[3], truth[3]) - Math.max(found[1], truth[1]);
  if (width <= 0 || height <= 0) return 0;
  const both = width * height;
  const area = (box: Box): number => (box[2] - box[0]) * (box[3] - box[1]);
  return both / (ignored ? area(found) : area(found) + area(truth) - both);
}

function areaUnder({ precision, recall }: DetectionCurve): number {
  const falling = [...precision];
  for (let i = falling.length - 2; i >= 0; i--) falling[i] = Math.max(falling[i]!, falling[i + 1]!);
  let at = 0;
  let total = 0;
  for (let point = 0; point < recallPoints; point++) {
    while (at < recall.length && recall[at]! < point / (recallPoints - 1)) at++;
    total += falling[at] ?? 0;
  }
  return total / recallPoints;
}
