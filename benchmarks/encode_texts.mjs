// Tokenises labelled texts as the task text-classification does, for the Python reference, which so sees the same numbers:
//   node encode_texts.mjs DATA TOKENIZER MINIMUM_COUNT MAXIMUM_LENGTH
// prints {"vocabulary", "labels", "train", "dev", "test"}; a part is {"sequences": token ids, "targets"}. The vocabulary is made of
// the training texts. DATA is a folder with train, dev and test, or a file, of which every fifth text of a class is the test.
import { argv } from 'node:process';
import { trainTokenizer } from 'modelwright/data';
import { openTexts } from 'modelwright/tasks';

const [data, kind, minimumCount, maximumLength] = argv.slice(2);
const texts = await openTexts({ data });
const seen = new Map();
const isTest = ({ label }) => {
  seen.set(label, (seen.get(label) ?? 0) + 1);
  return texts.test.length === 0 && seen.get(label) % 5 === 0;
};
const held = texts.train.map(isTest);
const train = texts.train.filter((_, i) => !held[i]);
const test = texts.test.length > 0 ? texts.test : texts.train.filter((_, i) => held[i]);
const tokenizer = trainTokenizer(
  train.map(({ text }) => text),
  { kind, minimumCount: Number(minimumCount), maximumSize: 30_000, clean: { lowercase: true } },
);
const labels = [...new Set(train.map(({ label }) => label))].sort();
const encode = (examples) => ({
  sequences: examples.map(({ text }) => tokenizer.encode(text).slice(0, Number(maximumLength))),
  targets: examples.map(({ label }) => labels.indexOf(label)),
});
console.log(
  JSON.stringify({
    vocabulary: tokenizer.vocabularySize,
    labels,
    train: encode(train),
    dev: encode(texts.validation),
    test: encode(test),
  }),
);
