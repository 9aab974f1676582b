import { padSequences, specialIds } from '../../data/text/index.js';
import type { Variables } from '../../nn/context.js';
import { beamSearch, beamSearchSteps, CachedDecoder, type StepModel } from '../../nn/decoding/index.js';
import type { Layer } from '../../nn/layer.js';
import { InvalidInputError, type OpenModelOptions } from '../../saved/openModel.js';
import { decoderInputs } from './network.js';
import type { TranslateOptions, TranslationEnd } from './options.js';
import { readTranslator } from './saved.js';
import { type TranslationTokenizers, textOf } from './tokenizers.js';

/** What a translator is made of. */
export interface TranslatorParts {
  readonly model: Layer;
  readonly variables: Variables;
  readonly tokenizers: TranslationTokenizers;
  /** The most tokens of a text. */
  readonly maximumLength: number;
}

/** What stands for bytes that are no character yet. */
const incomplete = /\uFFFD+$/u;

/** How many texts are decoded at a time. */
const together = 64;

/** A model that translates, ready to run. Texts may be translated at the same time. */
export class Translator {
  /** The most tokens of a text. */
  readonly maximumLength: number;
  readonly #tokenizers: TranslationTokenizers;
  readonly #decoder: CachedDecoder;

  private constructor({ tokenizers, maximumLength }: TranslatorParts, decoder: CachedDecoder) {
    this.#tokenizers = tokenizers;
    this.maximumLength = maximumLength;
    this.#decoder = decoder;
  }

  /** @param options what runs the model; default: ONNX Runtime on the CPU, in a thread of its own */
  static async open(parts: TranslatorParts, options: OpenModelOptions = {}): Promise<Translator> {
    const { runtime, threads } = options;
    const decoder = await CachedDecoder.open(parts.model, parts.variables, {
      inputs: decoderInputs,
      ...(runtime && { runtime }),
      ...(threads !== undefined && { threads }),
    });
    return new Translator(parts, decoder);
  }

  /**
   * A text in the other language.
   * @throws InvalidInputError when the text is empty, or longer than the model takes and not to be cut off
   */
  async translate(text: string, options: TranslateOptions = {}): Promise<string> {
    const [translation] = await this.translateAll([text], options);
    return translation!;
  }

  /** Several texts at once, as `translate` does one: those of like length share the work. */
  async translateAll(texts: readonly string[], options: TranslateOptions = {}): Promise<string[]> {
    const sources = texts.map((text) => this.#idsOf(text, options));
    const order = sources.map((_, i) => i).sort((a, b) => sources[a]!.length - sources[b]!.length);
    const translations = texts.map(() => '');
    for (let first = 0; first < order.length; first += together) {
      const part = order.slice(first, first + together);
      const model = await this.#start(part.map((index) => sources[index]!));
      const prompts = part.map(() => [specialIds.begin]);
      const found = await beamSearch(model, prompts, this.#searchOptions(options));
      for (const [row, index] of part.entries()) translations[index] = this.#textOf(found[row]![0]!.tokens);
    }
    return translations;
  }

  /**
   * The translation of a text in pieces; leaving the loop ends the work. A piece comes once nothing can change it any more: with one
   * beam with every token, with more as soon as all continuations that are still open agree on it.
   * @returns how the translation ended, and how many tokens it has
   * @throws InvalidInputError as `translate` does
   */
  async *stream(
    text: string,
    options: TranslateOptions = {},
  ): AsyncGenerator<string, TranslationEnd, undefined> {
    const model = await this.#start([this.#idsOf(text, options)]);
    const search = beamSearchSteps(model, [[specialIds.begin]], this.#searchOptions(options));
    let given = '';
    const added = (tokens: readonly number[], whole: boolean): string => {
      const all = this.#textOf(tokens);
      const sure = whole ? all : all.replace(incomplete, '');
      if (!sure.startsWith(given)) return '';
      const piece = sure.slice(given.length);
      given = sure;
      return piece;
    };
    let step = await search.next();
    for (; !step.done; step = await search.next()) {
      const piece = added(step.value[0]!, false);
      if (piece !== '') yield piece;
    }
    const [{ tokens, ended }] = step.value[0] as [(typeof step.value)[0][0]];
    const rest = added(tokens, true);
    if (rest !== '') yield rest;
    return { reason: ended ? 'end' : options.signal?.aborted ? 'aborted' : 'length', tokens: tokens.length };
  }

  /** How many tokens a text has before it is translated. */
  countTokens(text: string): number {
    return this.#tokenizers.source.encode(text.trim()).length;
  }

  /** Frees the compiled model. */
  release(): Promise<void> {
    return this.#decoder.release();
  }

  #start(sources: readonly (readonly number[])[]): Promise<StepModel> {
    return this.#decoder.start([padSequences(sources).ids]);
  }

  #textOf(tokens: readonly number[]): string {
    return textOf(tokens, this.#tokenizers.target);
  }

  #searchOptions(options: TranslateOptions) {
    const { beams = 4, lengthPenalty = 0.6, maximumLength = this.maximumLength, signal } = options;
    return { maxTokens: maximumLength, end: specialIds.end, beams, lengthPenalty, signal };
  }

  #idsOf(text: string, { truncate = false, onNote }: TranslateOptions): number[] {
    const ids = this.#tokenizers.source.encode(text.trim());
    if (ids.length === 0) throw new InvalidInputError('The text is empty: there is nothing to translate.');
    if (ids.length <= this.maximumLength) return ids;
    const longer = `The text has ${ids.length} tokens, but the model takes ${this.maximumLength}`;
    if (!truncate) {
      throw new InvalidInputError(
        `${longer}. Translate it sentence by sentence, or let its end be cut off (truncate).`,
      );
    }
    onNote?.(`${longer}: the last ${ids.length - this.maximumLength} are left out.`);
    return ids.slice(0, this.maximumLength);
  }
}

/**
 * Opens a saved translator with its tokenizers.
 *
 *     const translator = await openTranslator('models/english-chinese');
 *     console.log(await translator.translate('Good morning.', { beams: 4 }));
 *     for await (const piece of translator.stream('Good morning.')) process.stdout.write(piece);
 * @throws Error when it is no such model, a file is missing, or a tokenizer is another model's
 */
export async function openTranslator(directory: string, options: OpenModelOptions = {}): Promise<Translator> {
  const { trained, tokenizers, maximumLength } = await readTranslator(directory);
  const { model, variables } = trained;
  return Translator.open({ model, variables, tokenizers, maximumLength }, options);
}
