import { InvalidInputError, type ModelConfig } from 'modelwright/saved';
import { loadWordVectors, splitWords, type WordVectors } from 'modelwright/tasks';
import { badRequest } from '../errors.js';
import { readFields, topOf } from '../reading.js';
import type { Embedded } from './abilities.js';
import type { ServedTask } from './task.js';

/** A word: those nearest to it. Or three words of an analogy: what is to the third as the second is to the first. */
export const wordEmbeddings: ServedTask<WordVectors> = {
  input: 'word',
  open: ({ directory }) => loadWordVectors(directory),
  async read(c) {
    const top = topOf(c);
    const fields = await readFields(c, {
      fields: ['word', 'analogy'],
      example: '{"word": "king"} or {"analogy": ["man", "king", "woman"]}',
    });
    if (!fields.has('analogy')) {
      const word = fields.text('word').trim();
      return { answer: async (vectors) => ({ neighbours: vectors.nearest(word, top) }) };
    }
    if (fields.has('word')) throw badRequest('Give word or analogy, not both.');
    const words = fields.texts('analogy').map((word) => word.trim());
    if (words.length !== 3)
      throw badRequest(
        `An analogy has three words ("a is to b as c is to"), but here there are ${words.length}.`,
      );
    const [a, b, c3] = words as [string, string, string];
    return { answer: async (vectors) => ({ neighbours: vectors.analogy(a, b, c3, top) }) };
  },
  abilities: (vectors, config) => ({ embed: async (texts) => embed(vectors, texts, config) }),
};

/** The mean of the vectors of a text's words; words that the model does not know are left out. */
function embed(vectors: WordVectors, texts: readonly string[], { preprocessing }: ModelConfig): Embedded {
  const { language, lowercase } = preprocessing ?? {};
  const options = {
    ...(typeof language === 'string' && { language }),
    ...(typeof lowercase === 'boolean' && { lowercase }),
  };
  let tokens = 0;
  const means = texts.map((text) => {
    const words = splitWords(text, options).flat();
    const known = words.filter((word) => vectors.vocabulary.has(word));
    if (known.length === 0)
      throw new InvalidInputError(`The model knows no word of ${JSON.stringify(text.slice(0, 80))}.`);
    tokens += words.length;
    const mean = new Float32Array(vectors.dimensions);
    for (const word of known) for (const [i, value] of vectors.vector(word).entries()) mean[i]! += value;
    return mean.map((value) => value / known.length);
  });
  return { vectors: means, tokens };
}
