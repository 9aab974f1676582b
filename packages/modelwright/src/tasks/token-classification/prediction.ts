import { characters, padSequences, words } from '../../data/text/index.js';
import { entitiesOf } from '../../nn/metrics/text/entities.js';
import {
  InvalidInputError,
  type OpenModelOptions,
  openModel,
  type RunnableModel,
} from '../../saved/openModel.js';
import { clueNumbers, taggerInputs } from './clues/index.js';
import { decodeTags } from './decode.js';
import { readTagger, type TaggerPreprocessing } from './evaluate.js';
import { idsOf } from './vocabulary.js';

/** An entity found in a text. */
export interface FoundEntity {
  readonly type: string;
  readonly text: string;
  /** Where it begins and ends in the text, in UTF-16 code units, the end left out. */
  readonly start: number;
  readonly end: number;
}

/** A saved tagger, ready to run. */
export interface TokenClassifier {
  /**
   * The entities of a text, in its order.
   * @throws InvalidInputError when the text is empty, or has more tokens than the model takes
   */
  predict(text: string): Promise<FoundEntity[]>;
  /**
   * A tag for each token of a sentence that is cut into tokens already.
   * @throws InvalidInputError when there is no token, or more than the model takes
   */
  tag(tokens: readonly string[]): Promise<string[]>;
  /** Frees what the model holds. */
  release(): Promise<void>;
}

/**
 * Opens a saved tagger with its vocabulary.
 * @throws Error when it is no such model, a file is missing, or the tokenizer is another model's
 */
export async function openTokenClassifier(
  directory: string,
  options: OpenModelOptions = {},
): Promise<TokenClassifier> {
  const preprocessing = await readTagger(directory);
  return tokenClassifierOf(await openModel(directory, options), preprocessing);
}

/** A tagger that runs on a model which is open; releasing it releases the model. */
export function tokenClassifierOf(
  model: RunnableModel,
  { tokenizer, labels, maximumLength, clues }: TaggerPreprocessing,
): TokenClassifier {
  const [output] = model.config.outputs;
  const tag = async (tokens: readonly string[]): Promise<string[]> => {
    if (tokens.length === 0) throw new InvalidInputError('The text is empty: there is nothing to tag.');
    if (tokens.length > maximumLength) {
      throw new InvalidInputError(
        `The text has ${tokens.length} tokens, but the model takes ${maximumLength}. Split it into sentences.`,
      );
    }
    const { ids } = padSequences([idsOf(tokens, tokenizer, clues.spelling !== undefined)]);
    const inputs = taggerInputs(ids, clueNumbers(clues, [tokens]));
    const scores = (await model.run(inputs))[output!.name]!;
    const [tags] = decodeTags(scores, [tokens.length], output!.name !== 'probabilities');
    return tags!.map((each) => labels[each]!);
  };
  return {
    tag,
    async predict(text) {
      const tokens =
        tokenizer.kind === 'character' ? characters(text).filter((each) => each.trim() !== '') : words(text);
      const places = placesOf(tokens, text);
      return entitiesOf(await tag(tokens)).map(({ type, start, end }) => {
        const [from, to] = [places[start]!.start, places[end - 1]!.end];
        return { type, text: text.slice(from, to), start: from, end: to };
      });
    },
    release: () => model.release(),
  };
}

/** Where each token stands in the text that it was cut from. */
function placesOf(tokens: readonly string[], text: string): { start: number; end: number }[] {
  let end = 0;
  return tokens.map((token) => {
    const start = text.indexOf(token, end);
    end = start + token.length;
    return { start, end };
  });
}
