import { openTextGenerator, type TextGenerator } from 'modelwright/tasks';
import { readFields } from '../reading.js';
import type { Writing, WritingOptions } from './abilities.js';
import type { ServedTask } from './task.js';

/** The fields of a request. */
const fieldNames = [
  'prompt',
  'maximumLength',
  'temperature',
  'topK',
  'topP',
  'repetitionPenalty',
  'seed',
  'stop',
  'truncate',
  'stream',
] as const;

/** The beginning of a text: what follows, whole or in pieces as it is made. */
export const textGeneration: ServedTask<TextGenerator> = {
  input: 'prompt',
  open: ({ directory, runtime, threads }) => openTextGenerator(directory, { runtime, threads }),
  release: (generator) => generator.release(),
  async read(c) {
    const fields = await readFields(c, { fields: fieldNames, example: '{"prompt": "..."}' });
    const prompt = fields.text('prompt');
    const options = {
      maximumLength: fields.wholeNumber('maximumLength', 1, 100_000),
      temperature: fields.number('temperature', 0, 100),
      topK: fields.wholeNumber('topK', 1, 2 ** 31 - 1),
      topP: fields.number('topP', 1e-6, 1),
      repetitionPenalty: fields.number('repetitionPenalty', 1e-6, 1e6),
      seed: fields.wholeNumber('seed', 0, 2 ** 32 - 1),
      stop: fields.has('stop') ? fields.text('stop') : undefined,
      truncate: fields.flag('truncate'),
    };
    const streams = fields.flag('stream');
    return {
      streams,
      async answer(generator, { signal, send }) {
        let [generated, truncated] = ['', false];
        const onNote = (): void => {
          truncated = true;
        };
        const pieces = generator.generate(prompt, { ...options, onNote, signal });
        let step = await pieces.next();
        for (; !step.done; step = await pieces.next()) {
          if (streams) send({ piece: step.value });
          else generated += step.value;
        }
        const { reason, tokens } = step.value;
        return {
          ...(!streams && { prompt, generated }),
          reason: reason === 'aborted' ? 'timeout' : reason,
          tokens,
          ...(truncated && { truncated }),
        };
      },
    };
  },
  abilities: (generator) => ({
    complete: (prompt, options) => writing(generator, prompt, options),
    // The model knows no roles: it goes on with what was said, of which as much counts as it looks back on.
    chat: (messages, options) =>
      writing(generator, messages.map(({ content }) => content).join('\n'), { ...options, truncate: true }),
  }),
};

/** What follows a prompt. */
async function* writing(
  generator: TextGenerator,
  prompt: string,
  options: WritingOptions & { readonly truncate?: boolean },
): Writing {
  const { temperature = 1 } = options;
  const { reason, tokens } = yield* generator.generate(prompt, { ...options, temperature });
  const promptTokens = generator.countTokens(prompt);
  return { reason: reason === 'stop' ? 'stop' : 'length', promptTokens, tokens };
}
