import { entitiesOf } from 'modelwright';
import { readTagger, type TokenClassifier, tokenClassifierOf } from 'modelwright/tasks';
import { badRequest } from '../errors.js';
import { readFields } from '../reading.js';
import type { ServedTask } from './task.js';

/** A text: the entities in it. Or tokens: a tag for each, and the entities by first token and the one after the last. */
export const tokenClassification: ServedTask<TokenClassifier> = {
  input: 'text',
  open: async ({ model, directory }) => tokenClassifierOf(model, await readTagger(directory)),
  async read(c) {
    const fields = await readFields(c, {
      fields: ['text', 'tokens'],
      example: '{"text": "..."} or {"tokens": ["...", "..."]}',
    });
    if (!fields.has('tokens')) {
      const text = fields.text('text');
      return { answer: async (classifier) => ({ entities: await classifier.predict(text) }) };
    }
    if (fields.has('text')) throw badRequest('Give text or tokens, not both.');
    const tokens = fields.texts('tokens');
    return {
      async answer(classifier) {
        const tags = await classifier.tag(tokens);
        return { tags, entities: entitiesOf(tags) };
      },
    };
  },
};
