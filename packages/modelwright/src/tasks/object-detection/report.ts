import type { AnnotatedImage } from '../../data/detection/index.js';
import { detectionReportText, precisionRecallSvg } from '../../report/index.js';
import type { ModelCardPicture } from '../../report/modelCard/info.js';
import type { TrainedModel } from '../../train/trained.js';
import { framedImages } from './images.js';
import { type MeasuredDetector, sizeOfInput } from './measure.js';
import { drawDetections } from './prediction.js';

interface ReportInfo extends MeasuredDetector {
  readonly evaluation: {
    readonly data: string;
    readonly examples: number;
    readonly metrics: Readonly<Record<string, number>>;
  };
  /** What it was measured on. */
  readonly images: readonly AnnotatedImage[];
  readonly classNames: readonly string[];
}

const shownImages = 3;
const shownScore = 0.3;

/** The report on a measurement, curves, and a few images with what was found on them, as files beside the model card. */
export async function reportFiles(
  trained: TrainedModel,
  { evaluation, precision, found, images, classNames }: ReportInfo,
): Promise<{ files: Record<string, string | Uint8Array>; pictures: ModelCardPicture[] }> {
  const { data } = evaluation;
  const files: Record<string, string | Uint8Array> = {
    'evaluation.md': detectionReportText({ ...evaluation, labels: classNames, precision }),
    'precision-recall.svg': await precisionRecallSvg(
      classNames.map((name, i) => ({
        name,
        ...precision.curves[i]!,
        average: precision.perClassAtFirst[i]!,
      })),
    ),
  };
  const pictures = [
    {
      file: 'precision-recall.svg',
      caption: `Precision over recall on ${data}, boxes sharing half of their union`,
    },
  ];
  for (const [i, bytes] of (await drawnSamples(trained, { images, found, classNames })).entries()) {
    const file = `detections-${i + 1}.png`;
    files[file] = bytes;
    pictures.push({ file, caption: `What it finds on an image of ${data}` });
  }
  return { files, pictures };
}

/** A few images, spread evenly, as the network sees them, with what it found on them. */
async function drawnSamples(
  trained: TrainedModel,
  { images, found, classNames }: Pick<ReportInfo, 'images' | 'found' | 'classNames'>,
): Promise<Uint8Array[]> {
  const count = Math.min(shownImages, images.length);
  const chosen = Array.from({ length: count }, (_, i) => Math.floor((i * images.length) / count));
  const framed = framedImages(images, sizeOfInput(trained), classNames);
  return Promise.all(
    chosen.map(async (index) => {
      const detections = found[index]!.filter(({ score }) => score >= shownScore).map(
        ({ box, label, score }) => ({ box, score, label: classNames[label]! }),
      );
      return drawDetections((await framed.at(index)).image, detections, classNames);
    }),
  );
}
