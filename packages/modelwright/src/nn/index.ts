// Layers and everything they are made of. Names that primitives have too (relu, softmax, ...) are left to the primitives.
export { type Activation, type ActivationName, activations } from './activations.js';
export { type AttentionOptions, scaledDotProductAttention } from './attention.js';
export {
  type ArrayTree,
  Context,
  type Decoding,
  type Initializer,
  type Observer,
  type TensorTree,
  type Variables,
} from './context.js';
export { generalizedIou, pairwiseIou } from './detection/boxes.js';
export { detectPoints } from './detection/points.js';
export { detectProposals } from './detection/proposals.js';
export type { PyramidOptions } from './detection/pyramid.js';
export { type RoiAlignOptions, roiAlign } from './detection/roiAlign.js';
export type { DetectedBoxes, DetectionOptions } from './detection/select.js';
export { type InitializerConfig, type InitializerName, initializers } from './initializers.js';
export { type ApplyOptions, type Call, type ConfigValue, type InputType, isLayer, Layer } from './layer.js';
export { activation, prelu } from './layers/activation.js';
export {
  type AdversaryOptions,
  type DiscriminatorStepOptions,
  discriminatorStep,
  generatorStep,
} from './layers/adversarial.js';
export { type MultiHeadAttentionOptions, multiHeadAttention } from './layers/attention.js';
export { bagOfTokens } from './layers/bagOfTokens.js';
export { type BatchNormOptions, batchNorm } from './layers/batchNorm.js';
export { type ParallelOptions, parallel, type ResidualOptions, residual } from './layers/branches.js';
export { type CharacterConvolutionOptions, characterConvolution } from './layers/characterConvolution.js';
export { type Callable, compose } from './layers/compose.js';
export { type ConformerLayerOptions, conformerLayer } from './layers/conformer.js';
export {
  type ConvolutionOptions,
  conv1d,
  conv2d,
  depthwiseConv2d,
  type FilterOptions,
} from './layers/convolution.js';
export {
  type ConvolutionTransposeOptions,
  convTranspose1d,
  convTranspose2d,
} from './layers/convolutionTranspose.js';
export { crf } from './layers/crf.js';
export { type DenseOptions, dense } from './layers/dense.js';
export { cosineClasses, mirrorMean, unitLength } from './layers/directions.js';
export { dropout, spatialDropout } from './layers/dropout.js';
export { type EmbeddingOptions, embedding } from './layers/embedding.js';
export { type GlobalPoolOptions, globalAveragePool, globalMaxPool } from './layers/globalPooling.js';
export { type ImagePreprocessingOptions, imagePreprocessing } from './layers/imagePreprocessing.js';
export {
  groupNorm,
  instanceNorm,
  type LayerNormOptions,
  layerNorm,
  type NormOptions,
  type RmsNormOptions,
  rmsNorm,
} from './layers/normalization.js';
export { type OrientedGradientsOptions, orientedGradients } from './layers/orientedGradients.js';
export {
  type AveragePoolOptions,
  averagePool1d,
  averagePool2d,
  maxPool1d,
  maxPool2d,
  type PoolOptions,
} from './layers/pooling.js';
export {
  type LearnedPositionsOptions,
  learnedPositions,
  type RotaryPositionsOptions,
  rotaryPositions,
  type SinusoidalPositionsOptions,
  sinusoidalPositions,
} from './layers/positions.js';
export type { RecurrentOptions } from './layers/recurrent.js';
export { gru, lstm, type SimpleRnnOptions, simpleRnn } from './layers/recurrentCells.js';
export { flatten, reshapeTo } from './layers/reshaping.js';
export { sequential } from './layers/sequential.js';
export {
  type SpecAugmentOptions,
  specAugment,
  type WarpFrequencyOptions,
  warpFrequency,
} from './layers/specAugment.js';
export { spectralNorm } from './layers/spectralNorm.js';
export { type MelSpectrogramOptions, type MfccOptions, melSpectrogram, mfcc } from './layers/spectrogram.js';
export { type TextConvolutionOptions, textConvolution } from './layers/textConvolution.js';
export { type TokenEmbeddingOptions, tokenEmbedding } from './layers/tokenEmbedding.js';
export {
  type TransformerEncoderLayerOptions,
  type TransformerLayerOptions,
  transformerDecoderLayer,
  transformerEncoderLayer,
} from './layers/transformer.js';
export type { Padding, Sizes, WindowOptions } from './layers/window.js';
export { type NamePattern, nameMatcher } from './names.js';
export * from './networks/index.js';
export {
  defineLayer,
  type JsonValue,
  type LayerDefinition,
  type LayerJson,
  type LayerSample,
  layerDefinitions,
  layerFromJson,
  layerToJson,
} from './registry.js';
export { viterbi } from './sequences/linearChain.js';
export { summarize } from './summarize.js';
export {
  type HeadOptions,
  type Transferred,
  transferVariables,
  type WithHead,
  withHead,
} from './transfer.js';
