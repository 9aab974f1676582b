import { NdArray } from 'modelwright/runtime';
import type { RunnableModel } from 'modelwright/saved';
import { readTextPreprocessing, type TextPreprocessing, textInput, topPredictions } from 'modelwright/tasks';
import { badRequest } from '../errors.js';
import { readFields, topOf } from '../reading.js';
import type { ServedTask } from './task.js';

interface Classifier {
  readonly model: RunnableModel;
  readonly preprocessing: TextPreprocessing;
}

/** A text: its likeliest classes. */
export const textClassification: ServedTask<Classifier> = {
  input: 'text',
  open: async ({ model, directory }) => ({ model, preprocessing: await readTextPreprocessing(directory) }),
  joined: (opened, model) => ({ ...opened, model }),
  async read(c, { labels, outputs }) {
    const top = topOf(c);
    const fields = await readFields(c, { fields: ['text'], example: '{"text": "..."}' });
    const text = fields.text('text');
    if (text.trim() === '') throw badRequest('The text is empty: there is nothing to classify.');
    return {
      async answer({ model, preprocessing }) {
        const { inputs, truncated } = textInput(preprocessing, [text]);
        const results = await model.run(inputs);
        const predictions = topPredictions(labels, results[outputs[0]!.name]!, top);
        return { predictions, ...(truncated > 0 && { truncated: true }) };
      },
    };
  },
  abilities: ({ model, preprocessing }, { labels, outputs }) => ({
    async classify(texts) {
      const results = await model.run(textInput(preprocessing, texts).inputs);
      const { data, shape } = results[outputs[0]!.name]!;
      const classes = shape.at(-1)!;
      return texts.map((_, row) => {
        const own = (data as Float32Array).slice(row * classes, (row + 1) * classes);
        return topPredictions(labels, new NdArray('float32', [1, classes], own), classes);
      });
    },
  }),
};
