import { openTranslator, type Translator } from 'modelwright/tasks';
import { badRequest } from '../errors.js';
import { readFields } from '../reading.js';
import type { ServedTask } from './task.js';

/** The fields of a request. */
const fieldNames = ['text', 'beams', 'lengthPenalty', 'maximumLength', 'truncate', 'stream'] as const;

/** A text: its translation, whole or in pieces as they are sure. */
export const translation: ServedTask<Translator> = {
  input: 'text',
  open: ({ directory, runtime, threads }) => openTranslator(directory, { runtime, threads }),
  release: (translator) => translator.release(),
  async read(c) {
    const fields = await readFields(c, { fields: fieldNames, example: '{"text": "..."}' });
    const text = fields.text('text');
    const options = {
      beams: fields.wholeNumber('beams', 1, 64),
      lengthPenalty: fields.number('lengthPenalty', 0, 10),
      maximumLength: fields.wholeNumber('maximumLength', 1, 10_000),
      truncate: fields.flag('truncate'),
    };
    const streams = fields.flag('stream');
    return {
      streams,
      async answer(translator, { signal, send }) {
        let [whole, truncated] = ['', false];
        const onNote = (): void => {
          truncated = true;
        };
        const pieces = translator.stream(text, { ...options, onNote, signal });
        let step = await pieces.next();
        for (; !step.done; step = await pieces.next()) {
          if (streams) send({ piece: step.value });
          whole += step.value;
        }
        const { reason, tokens } = step.value;
        return {
          translation: whole,
          reason: reason === 'aborted' ? 'timeout' : reason,
          tokens,
          ...(truncated && { truncated }),
        };
      },
    };
  },
  abilities: (translator) => ({
    async *chat(messages, { maximumLength, signal }) {
      const text = messages.findLast(({ role }) => role === 'user')?.content;
      if (text === undefined) throw badRequest("There is no message of the role 'user' to translate.");
      const { reason, tokens } = yield* translator.stream(text, { maximumLength, signal });
      const promptTokens = translator.countTokens(text);
      return { reason: reason === 'end' ? 'stop' : 'length', promptTokens, tokens };
    },
  }),
};
