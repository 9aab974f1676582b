// Cuts MSRA NER into the files of a folder that `modelwright train token-classification --data FOLDER` and ner_torch.py read:
// test.conll, the last tenth of all sentences; train.conll, the first 15,000. With --validation N the last N of those 15,000
// become test.conll instead, to choose settings by, and the real test is left alone.
// Needs MODELWRIGHT_DATA, a folder with msra-ner/dh_msra.txt.gz in it.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';

const { values } = parseArgs({
  options: {
    out: { type: 'string' },
    train: { type: 'string', default: '15000' },
    validation: { type: 'string', default: '0' },
  },
});
const { MODELWRIGHT_DATA: data } = process.env;
if (!data || !values.out) throw new Error('Set MODELWRIGHT_DATA, and say where to write with --out FOLDER.');
const text = gunzipSync(readFileSync(join(data, 'msra-ner', 'dh_msra.txt.gz'))).toString('utf8');
const sentences = text
  .replaceAll('\r', '')
  .split(/\n\n+/)
  .filter((sentence) => sentence.trim() !== '');
const tested = Math.floor(sentences.length / 10);
const [train, validation] = [Number(values.train), Number(values.validation)];
const parts = {
  train: sentences.slice(0, train - validation),
  test: validation > 0 ? sentences.slice(train - validation, train) : sentences.slice(-tested),
};
mkdirSync(values.out, { recursive: true });
for (const [name, part] of Object.entries(parts)) {
  writeFileSync(
    join(values.out, `${name}.conll`),
    `${part.map((sentence) => sentence.trim()).join('\n\n')}\n`,
  );
  console.log(JSON.stringify({ part: name, sentences: part.length }));
}
