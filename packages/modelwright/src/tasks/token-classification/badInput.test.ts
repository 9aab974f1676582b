// What a person gets to read whose sentences or model are not what they should be.
import assert from 'node:assert/strict';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { evaluateTokenClassifier, openTokenClassifier, trainTokenClassifier } from '../index.js';

const sentences = 'to O\nRome B-TO\n\nfrom O\nOslo B-FROM\n';

describe('bad input of token classification', () => {
  let folder = '';
  const path = (name: string): string => join(folder, name);
  const train = async (name: string, content: string | Uint8Array, options: object = {}) => {
    await writeFile(path(`${name}.conll`), content);
    return trainTokenClassifier({
      data: path(`${name}.conll`),
      out: path(name),
      model: 'transformer',
      epochs: 1,
      minimumCount: 1,
      validationSplit: 0,
      ...options,
    });
  };
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'modelwright-bad-entities-'));
  });
  after(() => rm(folder, { recursive: true }));

  it('bytes that are not UTF-8 are named with file and line', () =>
    assert.rejects(
      train('latin1', Buffer.from(`${sentences}\nM\xe1laga B-TO\n`, 'latin1')),
      /latin1\.conll:7: byte \d+ \(0xe1\) is not UTF-8, at byte 2 of the line/,
    ));

  it('a file without a sentence, and a missing tag, are named', async () => {
    await assert.rejects(train('empty', '\n\n'), /empty\.conll: there is no sentence in it/);
    await assert.rejects(
      train('untagged', `${sentences}\nParis\n`),
      /untagged\.conll:7: the line 'Paris' has 1 column/,
    );
  });

  it('an empty vocabulary names the data, and why nothing is left', () =>
    assert.rejects(
      train('rare', sentences, { minimumCount: 2 }),
      /^RangeError: .*rare\.conll: The vocabulary is empty: of 4 different tokens none occurs 2 times/,
    ));

  it("another model's tokenizer is refused", async () => {
    await train('two', sentences);
    await train('three', `${sentences}\nvia O\n`);
    await copyFile(path('two/tokenizer.json'), path('three/tokenizer.json'));
    for (const use of [
      () => openTokenClassifier(path('three')),
      () => evaluateTokenClassifier({ model: path('three'), data: path('two.conll') }),
    ])
      await assert.rejects(
        use,
        /three: tokenizer\.json has 8 tokens, but the model was trained with 9: it is another model's/,
      );
  });
});
