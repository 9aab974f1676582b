import type { Context } from 'hono';
import type { RunnableModel } from 'modelwright/saved';
import { openImagePredictor } from './imagePrediction.js';
import { openTextPredictor } from './textPrediction.js';

type Arrays = Awaited<ReturnType<RunnableModel['run']>>;

/** What a request for a prediction asks of a model. */
export interface PredictionRequest {
  /** One array for each input of the model, by name. */
  readonly inputs: Readonly<Arrays>;
  /** What the answer says beside the predictions, such as that a text was cut off. */
  readonly remarks?: Readonly<Record<string, unknown>>;
}

/** Turns what people send, a picture or a text, into a model's inputs. */
export interface RequestPredictor {
  /** @throws ServiceError when the body is not what the model takes */
  read(c: Context): Promise<PredictionRequest>;
}

/** How raw data is read, for each task that takes some. */
export const predictors: Readonly<
  Record<string, (model: RunnableModel, directory: string) => Promise<RequestPredictor>>
> = {
  'image-classification': openImagePredictor,
  'text-classification': openTextPredictor,
};
