import { bitsPerCharacter, perplexity } from '../../nn/metrics/text/index.js';
import { evaluate } from '../../train/evaluate.js';
import type { TrainedModel } from '../../train/trained.js';
import type { EvaluateResult } from '../events.js';
import { fingerprintOf, measuredBlocks } from './blocks.js';
import type { TextGenerationEvaluateOptions } from './options.js';
import { readTextGenerator, taskName } from './saved.js';
import { encodeText, holdOutEnd, openText } from './text.js';

/** A text as it is measured. */
export interface MeasuredText {
  readonly tokens: Int32Array;
  /** Characters (Unicode code points) that the tokens stand for. */
  readonly characters: number;
}

/**
 * Loss in nats a token, perplexity and bits per character of a text, in blocks one behind the other: the first tokens of a
 * block are said from few before them, so that a longer context would do better.
 */
export async function measureText(
  trained: TrainedModel,
  { tokens, characters }: MeasuredText,
  options: { readonly blockSize: number } & Pick<TextGenerationEvaluateOptions, 'batchSize' | 'device'>,
): Promise<Record<string, number>> {
  const { batchSize = 64, device } = options;
  const blockSize = Math.min(options.blockSize, tokens.length - 1);
  const blocks = measuredBlocks(tokens, { blockSize, batchSize });
  const { loss } = await evaluate(trained, blocks, { metrics: [], ...(device && { device }) });
  const likelihood = loss! * tokens.length;
  return {
    loss: loss!,
    perplexity: perplexity(likelihood, tokens.length),
    bitsPerCharacter: bitsPerCharacter(likelihood, characters),
  };
}

/** How many characters a text has, as Unicode code points. */
export function countCharacters(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/**
 * Measures a saved generator of text. Of the text that it was trained on, the end that was held out is measured; of any other
 * text all of it.
 * @throws Error when the model or the text cannot be read, or the text has fewer than two tokens
 */
export async function evaluateTextGenerator(options: TextGenerationEvaluateOptions): Promise<EvaluateResult> {
  const started = performance.now();
  const { trained, tokenizer, blockSize, validationSplit } = await readTextGenerator(options.model);
  const whole = await openText(options.data);
  const { train, held } = holdOutEnd(whole, validationSplit);
  const known = (await fingerprintOf(encodeText(train, tokenizer))) === trained.training.fingerprint;
  const text = known ? held : whole;
  const tokens = encodeText(text, tokenizer);
  if (tokens.length < 2) throw new Error(`${options.data} has ${tokens.length} token(s): nothing follows.`);
  const metrics = await measureText(
    trained,
    { tokens, characters: countCharacters(text) },
    { ...options, blockSize },
  );
  return {
    task: taskName,
    model: options.model,
    data: known ? `${options.data} (held out)` : options.data,
    examples: tokens.length,
    metrics,
    seconds: (performance.now() - started) / 1000,
  };
}
