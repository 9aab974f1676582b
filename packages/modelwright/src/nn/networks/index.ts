import type { Layer } from '../layer.js';
import { alignedCnn } from './alignedCnn.js';
import { digitsCnn, type NetworkOptions } from './digitsCnn.js';
import { gradientHistograms } from './gradientHistograms.js';
import { linear, mlp } from './mlp.js';
import { mobilenetV2 } from './mobilenet.js';
import { resnet18, resnet34, resnet50 } from './resnet.js';
import { smallCnn } from './smallCnn.js';
import { vitSmall } from './vit.js';

export { type AlignedCnnOptions, alignedCnn } from './alignedCnn.js';
export { type AudioNetworkOptions, audioCnn } from './audioCnn.js';
export { type AudioCrnnOptions, audioCrnn, framesToSequence } from './audioCrnn.js';
export { type BilstmClassifierOptions, bilstmClassifier } from './bilstmClassifier.js';
export { type BilstmCrfOptions, bilstmCrf } from './bilstmCrf.js';
export { type ConformerRecognizerOptions, conformerRecognizer } from './conformerRecognizer.js';
export {
  type DcganDiscriminatorOptions,
  type DcganOptions,
  dcganDiscriminator,
  dcganGenerator,
} from './dcgan.js';
export { digitsCnn, type NetworkOptions } from './digitsCnn.js';
export { type FasterRcnnOptions, fasterRcnn } from './fasterRcnn.js';
export { type FcosOptions, fcos } from './fcos.js';
export { type GptOptions, gpt } from './gpt.js';
export { type GradientHistogramsOptions, gradientHistograms } from './gradientHistograms.js';
export { linear, type MlpOptions, mlp } from './mlp.js';
export { type MobilenetOptions, mobilenetV2 } from './mobilenet.js';
export { type ResnetOptions, resnet18, resnet34, resnet50 } from './resnet.js';
export { type SmallCnnOptions, smallCnn } from './smallCnn.js';
export {
  type SpeechFrontOptions,
  type SpeechRecognizerOptions,
  speechRecognizer,
} from './speechRecognizer.js';
export { carriedBy, exportStream, frontOptions, type StreamShape, streamShape } from './speechStream.js';
export { type TextCnnOptions, textCnn } from './textCnn.js';
export type { TokenClue, TokenClues } from './tokenClues.js';
export { type TransformerClassifierOptions, transformerClassifier } from './transformerClassifier.js';
export { type TranslationTransformerOptions, translationTransformer } from './translationTransformer.js';
export { type VitOptions, vit, vitSmall } from './vit.js';

/** Ready-made networks by the names that the command line uses. */
export const networks = {
  'digits-cnn': digitsCnn,
  'small-cnn': smallCnn,
  'aligned-cnn': alignedCnn,
  'gradient-histograms': gradientHistograms,
  resnet18,
  resnet34,
  resnet50,
  'mobilenet-v2': mobilenetV2,
  'vit-small': vitSmall,
  mlp,
  linear,
} as const satisfies Record<string, (options: NetworkOptions) => Layer>;

export type NetworkName = keyof typeof networks;
