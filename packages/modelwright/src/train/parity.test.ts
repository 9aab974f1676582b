import { describe, it } from 'node:test';
import { Dataset } from '../data/dataset.js';
import { NdArray } from '../graph/array.js';
import { adam, conv2d, crossEntropy, dense, fit, flatten, maxPool2d, sequential, sgd } from '../index.js';
import { spread } from '../primitives/define.js';
import { assertNear } from '../testing/compare.js';
import { readFixture } from '../testing/fixture.js';

interface Fixture {
  readonly shapes: Record<string, number[]>;
  readonly cases: readonly {
    optimizer: 'adam' | 'sgd';
    losses: number[];
    parameters: Record<string, number[]>;
  }[];
}

const optimizers = { adam: adam(1e-2), sgd: sgd(0.05, { momentum: 0.9 }) };

describe('fit, against PyTorch', () => {
  const { shapes, cases } = readFixture<Fixture>(import.meta.url, 'fixtures/fit.json');
  const data = Dataset.fromArrays({
    input: spread([40, 1, 8, 8], -1, 1),
    target: NdArray.of(
      'int32',
      [40],
      Array.from({ length: 40 }, (_, i) => (7 * i + Math.floor(i / 3)) % 3),
    ),
  });
  const model = sequential(
    conv2d(4, 3, { activation: 'relu' }),
    maxPool2d(2),
    flatten(),
    dense(8, { activation: 'relu' }),
    dense(3),
  );

  for (const { optimizer, losses, parameters } of cases) {
    it(`${optimizer}: the same losses in each of twenty steps, and the same parameters after them`, async () => {
      const start: Record<string, Record<string, NdArray>> = {};
      for (const [i, [path, shape]] of Object.entries(shapes).entries()) {
        const [layer, name] = path.split('.') as [string, string];
        start[layer] = { ...start[layer], [name]: spread(shape, -0.5, 0.5, 0.1 * i) };
      }
      const found: number[] = [];
      const trained = await fit(model, data, {
        loss: crossEntropy,
        optimizer: optimizers[optimizer],
        variables: { parameters: start, state: {} },
        epochs: 4,
        batchSize: 8,
        shuffle: false,
        workers: 2,
        progress: false,
        callbacks: [{ onStepEnd: ({ loss }) => void found.push(loss) }],
      });
      assertNear(found, losses, 1e-4, 'losses');
      for (const [path, expected] of Object.entries(parameters)) {
        const [layer, name] = path.split('.') as [string, string];
        const tree = trained.variables.parameters as Record<string, Record<string, NdArray>>;
        assertNear(tree[layer]![name]!.toNumbers(), expected, 1e-4, path);
      }
    });
  }
});
