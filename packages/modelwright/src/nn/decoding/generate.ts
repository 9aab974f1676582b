import { Random } from '../../graph/random.js';
import { requireWhole } from '../checks.js';
import { checkSampling, chooseToken, type SamplingOptions } from './sampling.js';
import { columnOf, nextLogits, promptArray, type StepModel } from './stepModel.js';

export interface DecodingLimits {
  /** How many tokens are made at most, for each sequence. */
  readonly maxTokens: number;
  /** The token that ends a sequence; it is not given out. Default: none. */
  readonly end?: number;
}

export interface GenerateOptions extends SamplingOptions, DecodingLimits {
  /** Equal seeds draw equal tokens. What one sequence draws does not depend on the others. Default: 0. */
  readonly seed?: number;
}

/**
 * Makes a sequence go on, token by token: greedily, or drawing tokens when there is a temperature.
 *
 * The tokens come as they are made; leaving the loop ends the work.
 * @param prompt at least one token
 * @throws RangeError for an empty prompt, an option outside its range, or a model whose logits are no numbers
 */
export async function* generate(
  model: StepModel,
  prompt: readonly number[],
  options: GenerateOptions,
): AsyncGenerator<number, void, undefined> {
  for await (const [token] of steps('generate', model, [prompt], options)) yield token!;
}

/**
 * Makes several sequences go on together, as `generate` does one.
 * @param prompts all of one length, at least one token each
 * @returns the tokens made for each sequence, without prompt and end token
 */
export async function generateBatch(
  model: StepModel,
  prompts: readonly (readonly number[])[],
  options: GenerateOptions,
): Promise<number[][]> {
  const made: number[][] = prompts.map(() => []);
  for await (const tokens of steps('generateBatch', model, prompts, options)) {
    for (const [sequence, token] of tokens.entries()) if (token !== undefined) made[sequence]!.push(token);
  }
  return made;
}

/** The tokens of each step, one a prompt; undefined for sequences that have ended. Those leave the model. */
async function* steps(
  who: string,
  model: StepModel,
  prompts: readonly (readonly number[])[],
  options: GenerateOptions,
): AsyncGenerator<(number | undefined)[], void, undefined> {
  const { maxTokens, end, seed = 0 } = options;
  requireWhole(who, 'maxTokens', maxTokens);
  checkSampling(who, options);
  let live = prompts.map((prompt, sequence) => ({
    sequence,
    history: [...prompt],
    random: new Random(seed, sequence),
  }));
  let tokens = promptArray(who, prompts);
  for (let count = 0; count < maxTokens; count++) {
    const logits = await nextLogits(who, model, tokens);
    const chosen = live.map(({ history, random }, row) =>
      chooseToken(logits[row]!, history, options, random),
    );
    const going = live.flatMap((_, row) => (chosen[row] === end ? [] : [row]));
    if (going.length === 0) return;
    const made = new Array<number | undefined>(prompts.length).fill(undefined);
    for (const row of going) {
      live[row]!.history.push(chosen[row]!);
      made[live[row]!.sequence] = chosen[row];
    }
    yield made;
    if (going.length < live.length) {
      await model.reorder(going);
      live = going.map((row) => live[row]!);
    }
    tokens = columnOf(going.map((row) => chosen[row]!));
  }
}
