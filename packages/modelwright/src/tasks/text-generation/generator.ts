import type { Tokenizer } from '../../data/text/index.js';
import { specialIds } from '../../data/text/vocabulary.js';
import type { Variables } from '../../nn/context.js';
import { CachedDecoder, generate } from '../../nn/decoding/index.js';
import type { Layer } from '../../nn/layer.js';
import { InvalidInputError, type OpenModelOptions } from '../../saved/openModel.js';
import type { TextGenerationEnd, TextGenerationOptions } from './options.js';
import { textPieces } from './pieces.js';
import { readTextGenerator } from './saved.js';
import { slidingSequence } from './sliding.js';

/** What a generator is made of. */
export interface TextGeneratorParts {
  readonly model: Layer;
  readonly variables: Variables;
  readonly tokenizer: Tokenizer;
  /** Tokens of the context. */
  readonly blockSize: number;
}

/** A model that goes on with a text, ready to run. */
export class TextGenerator {
  /** Tokens of the context. */
  readonly blockSize: number;
  readonly #tokenizer: Tokenizer;
  readonly #decoder: CachedDecoder;

  private constructor({ tokenizer, blockSize }: TextGeneratorParts, decoder: CachedDecoder) {
    this.#tokenizer = tokenizer;
    this.blockSize = blockSize;
    this.#decoder = decoder;
  }

  /** @param options what runs the model; default: ONNX Runtime on the CPU, in a thread of its own */
  static async open(parts: TextGeneratorParts, options: OpenModelOptions = {}): Promise<TextGenerator> {
    const { runtime, threads } = options;
    const decoder = await CachedDecoder.open(parts.model, parts.variables, {
      length: parts.blockSize,
      ...(runtime && { runtime }),
      ...(threads !== undefined && { threads }),
    });
    return new TextGenerator(parts, decoder);
  }

  /**
   * The text that follows a prompt, in pieces as they are made; leaving the loop ends the work. Texts may be longer than the
   * context: the model then goes on from the last half of it. Texts may be made at the same time; each has caches of its own.
   * @returns why the text ended, and how many tokens it has
   * @throws InvalidInputError when the prompt is empty, has a character that the model does not know, or is longer than the context and not
   *   to be cut off
   */
  async *generate(
    prompt: string,
    options: TextGenerationOptions = {},
  ): AsyncGenerator<string, TextGenerationEnd, undefined> {
    const { maximumLength = 200, temperature = 0.8, seed = 0, stop = [], signal } = options;
    const { topK, topP, repetitionPenalty } = options;
    const ids = this.#promptIds(prompt, options);
    const model = await slidingSequence(this.#decoder, this.blockSize);
    const tokens = generate(model, ids, {
      maxTokens: maximumLength,
      temperature,
      seed,
      ...(topK !== undefined && { topK }),
      ...(topP !== undefined && { topP }),
      ...(repetitionPenalty !== undefined && { repetitionPenalty }),
    });
    let count = 0;
    const counted = async function* (): AsyncGenerator<number, void, undefined> {
      for await (const token of tokens) {
        if (signal?.aborted) return;
        count++;
        yield token;
      }
    };
    const stopped = yield* textPieces(counted(), this.#tokenizer, [stop].flat());
    return { reason: stopped ? 'stop' : signal?.aborted ? 'aborted' : 'length', tokens: count };
  }

  /** How many tokens a text has. */
  countTokens(text: string): number {
    return this.#tokenizer.encode(text).length;
  }

  /** Frees the compiled model. */
  release(): Promise<void> {
    return this.#decoder.release();
  }

  #promptIds(prompt: string, { truncate = false, onNote }: TextGenerationOptions): number[] {
    const ids = this.#tokenizer.encode(prompt);
    if (ids.length === 0) {
      throw new InvalidInputError(
        'The prompt is empty: give the beginning of a text, if only the end of a line.',
      );
    }
    if (ids.includes(specialIds.unknown)) {
      const unknown = Array.from(prompt).filter((character) =>
        this.#tokenizer.encode(character).includes(specialIds.unknown),
      );
      throw new InvalidInputError(
        `The model does not know ${[...new Set(unknown)].map((one) => JSON.stringify(one)).join(', ')}: its text had no such ` +
          'character. Leave it out of the prompt.',
      );
    }
    if (ids.length <= this.blockSize) return ids;
    const longer = `The prompt has ${ids.length} tokens, but the model looks back on ${this.blockSize}`;
    if (!truncate) {
      throw new InvalidInputError(`${longer}. Shorten it, or let its beginning be cut off (truncate).`);
    }
    onNote?.(`${longer}: the first ${ids.length - this.blockSize} are left out.`);
    return ids.slice(-this.blockSize);
  }
}

/**
 * Opens a saved generator of text with its tokenizer.
 *
 *     const shakespeare = await openTextGenerator('models/shakespeare');
 *     for await (const piece of shakespeare.generate('ROMEO:', { seed: 1 })) process.stdout.write(piece);
 * @throws Error when it is no such model, a file is missing, or the tokenizer is another model's
 */
export async function openTextGenerator(
  directory: string,
  options: OpenModelOptions = {},
): Promise<TextGenerator> {
  const { trained, tokenizer, blockSize } = await readTextGenerator(directory);
  const { model, variables } = trained;
  return TextGenerator.open({ model, variables, tokenizer, blockSize }, options);
}
