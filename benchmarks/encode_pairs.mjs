// Encodes parallel text for translation_torch.py as `modelwright train translation` does, so that both train on the same batches:
//   node encode_pairs.mjs FILE VOCABULARY BATCH_TOKENS > OUT.json
// writes { sourceVocabulary, targetTokens: [token of each id], buckets: [{ rows, source: [[id]], target: [[id]] }], padded: [[sourceLength,
// targetLength]], test: [{ source: [id], reference }] }; targets end with the end token.
import { bucketPairs, encodePairs, openPairs, tokenizersFor, unseenPairs } from 'modelwright/internal';

const [file, vocabularySize, batchTokens] = process.argv.slice(2);
const { train, test } = await openPairs(file, { columns: [0, 1], validationSplit: 0.05 });
const tokenizers = tokenizersFor(train, { vocabularySize: Number(vocabularySize) });
const encode = (pairs) => encodePairs(pairs, tokenizers, { maximumLength: 128, tooLong: 'truncate' }).pairs;
const encoded = encode(train);
const buckets = bucketPairs(
  encoded.map(({ source, target }) => [source.length, target.length]),
  { batchTokens: Number(batchTokens) },
);
const { pairs: unseen } = unseenPairs(test, train);
const { source, target } = tokenizers;
process.stdout.write(
  JSON.stringify({
    sourceVocabulary: source.vocabularySize,
    targetTokens: Array.from({ length: target.vocabularySize }, (_, id) => target.tokenOf(id)),
    buckets: buckets.map(({ indices, batchSize }) => ({
      rows: batchSize,
      source: indices.map((index) => encoded[index].source),
      target: indices.map((index) => encoded[index].target),
    })),
    padded: buckets.map(({ sourceLength, targetLength }) => [sourceLength, targetLength]),
    test: encode(unseen).map((pair, i) => ({ source: pair.source, reference: unseen[i].target })),
  }),
);
