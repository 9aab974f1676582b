// For tests: a training whose third batch asks for a word that is not in the vocabulary. Argument: workers.
import { Dataset } from '../data/dataset.js';
import { NdArray } from '../graph/array.js';
import { crossEntropy, dense, embedding, fit, flatten, sequential, sgd } from '../index.js';

const data = Dataset.generate(12, (index) => ({
  input: NdArray.from([index === 9 ? 99 : index % 5], 'int32'),
  target: NdArray.from(index % 2, 'int32'),
}));
await fit(sequential(embedding(5, 4), flatten(), dense(2)), data, {
  loss: crossEntropy,
  optimizer: sgd(0.1),
  batchSize: 4,
  shuffle: false,
  workers: Number(process.argv[2]),
  progress: false,
}).catch((error: Error) => console.log(`rejected: ${error.message}`));
