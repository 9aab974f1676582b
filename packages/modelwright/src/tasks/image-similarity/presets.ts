import type { ImageSimilarityTrainOptions } from './options.js';

/** Settings for what pictures show, by its name; chosen by measuring. */
const presets = {
  faces: {
    channels: 1,
    imageSize: 28,
    model: 'gradient-histograms',
    normalize: true,
    mirror: true,
    turn: 0.3,
    mirrorMean: true,
    loss: 'arcface',
    epochs: 1,
    discriminant: true,
    madeUpClasses: 5,
  },
} as const satisfies Record<string, Partial<ImageSimilarityTrainOptions>>;

export type SimilarityPreset = keyof typeof presets;

/**
 * The options with what their preset says where they say nothing.
 * @throws Error when there is no such preset
 */
export function withPreset(options: ImageSimilarityTrainOptions): ImageSimilarityTrainOptions {
  const { preset } = options;
  if (preset === undefined) return options;
  if (!Object.hasOwn(presets, preset)) {
    throw new Error(`There is no preset '${preset}'. There is ${Object.keys(presets).join(', ')}.`);
  }
  const unsaid = Object.entries(presets[preset]).filter(
    ([name]) => options[name as keyof ImageSimilarityTrainOptions] === undefined,
  );
  return { ...options, ...Object.fromEntries(unsaid) };
}
