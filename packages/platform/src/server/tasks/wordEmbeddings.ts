import { loadWordVectors, type WordVectors } from 'modelwright/tasks';
import { badRequest } from '../errors.js';
import { readFields, topOf } from '../reading.js';
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
};
