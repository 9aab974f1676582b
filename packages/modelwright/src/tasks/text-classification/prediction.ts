import type { NdArray } from '../../graph/array.js';
import { InvalidInputError, type OpenModelOptions, openModel } from '../../saved/openModel.js';
import { type Prediction, topPredictions } from '../predictions.js';
import { readTextPreprocessing, type TextPreprocessing } from './evaluate.js';

/** Texts as the input of a classifier, and how many were cut off. */
export interface TextInput {
  readonly inputs: { readonly input_ids: NdArray<'int32'> };
  readonly truncated: number;
}

/**
 * Turns raw texts into what a saved classifier takes: `input_ids` int32 [batch, time].
 * @throws InvalidInputError when a text is empty
 */
export function textInput(
  { tokenizer, maximumLength }: TextPreprocessing,
  texts: readonly string[],
): TextInput {
  for (const [i, text] of texts.entries()) {
    if (text.trim() === '')
      throw new InvalidInputError(`Text ${i + 1} of ${texts.length} is empty: there is nothing to classify.`);
  }
  const { ids, truncated } = tokenizer.encodeBatch(texts, { maximumLength });
  return { inputs: { input_ids: ids }, truncated };
}

/** A saved classifier of texts, ready to run. */
export interface TextClassifier {
  /**
   * The likeliest classes of a text, likeliest first.
   * @param options.top the most classes to give. Default: 5
   * @throws InvalidInputError when the text is empty
   */
  predict(text: string, options?: { readonly top?: number }): Promise<Prediction[]>;
  /** Frees what the model holds. */
  release(): Promise<void>;
}

/**
 * Opens a saved classifier of texts with its tokenizer.
 * @throws Error when it is no such model, a file is missing, or the tokenizer is another model's
 */
export async function openTextClassifier(
  directory: string,
  options: OpenModelOptions = {},
): Promise<TextClassifier> {
  const preprocessing = await readTextPreprocessing(directory);
  const model = await openModel(directory, options);
  const { labels, outputs } = model.config;
  return {
    async predict(text, { top = 5 } = {}) {
      const results = await model.run(textInput(preprocessing, [text]).inputs);
      return topPredictions(labels, results[outputs[0]!.name]!, top);
    },
    release: () => model.release(),
  };
}
