import type { Layer } from '../layer.js';
import { digitsCnn, type NetworkOptions } from './digitsCnn.js';
import { mlp } from './mlp.js';
import { resnet18, resnet34 } from './resnet.js';
import { smallCnn } from './smallCnn.js';

export { type AudioNetworkOptions, audioCnn } from './audioCnn.js';
export { type AudioCrnnOptions, audioCrnn, framesToSequence } from './audioCrnn.js';
export { type BilstmClassifierOptions, bilstmClassifier } from './bilstmClassifier.js';
export { type BilstmCrfOptions, bilstmCrf } from './bilstmCrf.js';
export { digitsCnn, type NetworkOptions } from './digitsCnn.js';
export { type FcosOptions, fcos } from './fcos.js';
export { type GptOptions, gpt } from './gpt.js';
export { type MlpOptions, mlp } from './mlp.js';
export { type ResnetOptions, resnet18, resnet34 } from './resnet.js';
export { type SmallCnnOptions, smallCnn } from './smallCnn.js';
export { type TextCnnOptions, textCnn } from './textCnn.js';
export { type TransformerClassifierOptions, transformerClassifier } from './transformerClassifier.js';
export { type TranslationTransformerOptions, translationTransformer } from './translationTransformer.js';

/** Ready-made networks by the names that the command line uses. */
export const networks = {
  'digits-cnn': digitsCnn,
  'small-cnn': smallCnn,
  resnet18,
  resnet34,
  mlp,
} as const satisfies Record<string, (options: NetworkOptions) => Layer>;

export type NetworkName = keyof typeof networks;
