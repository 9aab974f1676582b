import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NdArray } from '../../graph/array.js';
import { runReference } from '../../graph/evaluate.js';
import { entries } from '../../graph/tree.js';
import { spread } from '../../primitives/define.js';
import { summaryTotals } from '../../report/summary.js';
import { openOrt } from '../../runtime/testing.js';
import { assertNear } from '../../testing/compare.js';
import { readFixture } from '../../testing/fixture.js';
import {
  compose,
  dense,
  digitsCnn,
  type Layer,
  layerFromJson,
  layerToJson,
  linear,
  mlp,
  mobilenetV2,
  type NetworkName,
  networks,
  resnet18,
  resnet34,
  resnet50,
  smallCnn,
  summarize,
  vit,
} from '../index.js';
import { traceLayer } from '../testing.js';
import { withArrays } from '../transfer.js';

describe('summarize', () => {
  it('gives the shapes, parameters and operations of each layer', () => {
    const rows = summarize(digitsCnn({ classes: 10 }), { shape: ['batch', 1, 28, 28] });
    assert.deepEqual(
      rows.map(({ layer, type }) => `${layer} ${type}`),
      ['0 conv2d', '1 maxPool2d', '2 conv2d', '3 maxPool2d', '4 conv2d', '5 flatten', '6 dense', '7 dense'],
    );
    assert.deepEqual(rows[2], {
      layer: '2',
      type: 'conv2d',
      outputShape: ['batch', 64, 11, 11],
      parameters: 64 * 32 * 9 + 64,
      flops: 2 * 64 * 11 * 11 * 32 * 9,
    });
    assert.deepEqual(rows[6], {
      layer: '6',
      type: 'dense',
      outputShape: ['batch', 64],
      parameters: 576 * 64 + 64,
      flops: 2 * 576 * 64,
    });
    assert.equal(rows[1]!.flops, 0);
    // Keras prints 93,322 for this network.
    assert.equal(summaryTotals(rows).parameters, 93_322);
  });

  it('counts a shared layer once, and what a composition does itself', () => {
    const shared = compose({ encode: dense(4) }, ({ encode }, a, b) =>
      encode(a!).matmul(encode(b!).transpose()),
    );
    const type = { shape: ['batch', 3] } as const;
    const rows = summarize(shared, [type, type]);
    assert.deepEqual(
      rows.map(({ type, parameters, flops }) => [type, parameters, flops]),
      [
        ['dense', 16, 24],
        ['dense', 0, 24],
        ['compose', 0, 8],
      ],
    );
  });
});

describe('networks', () => {
  const color = { shape: ['batch', 3, 64, 64] } as const;
  const parametersOf = (
    network: Parameters<typeof summarize>[0],
    type: Parameters<typeof summarize>[1],
  ): number => summaryTotals(summarize(network, type)).parameters;

  it('have as many parameters as elsewhere', () => {
    // torchvision.models.resnet18() and resnet34(), 1,000 classes.
    assert.equal(parametersOf(resnet18({ classes: 1000 }), { shape: ['batch', 3, 224, 224] }), 11_689_512);
    assert.equal(parametersOf(resnet34({ classes: 1000 }), { shape: ['batch', 3, 224, 224] }), 21_797_672);
    // torchvision.models.resnet50(), mobilenet_v2() and vit_b_16(), 1,000 classes.
    const large = { shape: ['batch', 3, 224, 224] } as const;
    assert.equal(parametersOf(resnet50({ classes: 1000 }), large), 25_557_032);
    assert.equal(parametersOf(mobilenetV2({ classes: 1000 }), large), 3_504_872);
    assert.equal(parametersOf(vit({ classes: 1000 }), large), 86_567_656);
    const convolutions = 9 * (3 * 32 + 32 * 64 + 64 * 128 + 128 * 128);
    assert.equal(
      parametersOf(smallCnn({ classes: 6 }), color),
      convolutions + 2 * (32 + 64 + 128 + 128) + 128 * 6 + 6,
    );
    assert.equal(
      parametersOf(mlp({ classes: 10 }), { shape: ['batch', 1, 28, 28] }),
      785 * 512 + 513 * 512 + 513 * 10,
    );
    assert.equal(parametersOf(linear({ classes: 10 }), { shape: ['batch', 1, 28, 28] }), 785 * 10);
  });

  it('resnet18 takes the 3.6 billion operations of the paper for one image of 224 x 224', () => {
    // He et al. count 1.8 billion multiply-adds.
    const { flops } = summaryTotals(
      summarize(resnet18({ classes: 1000 }), { shape: ['batch', 3, 224, 224] }),
    );
    assert.ok(Math.abs(flops / 2 - 1.8e9) < 0.05e9, `${flops}`);
  });

  const small = (name: NetworkName): Layer =>
    networks[name]({ classes: 6, ...(name.startsWith('resnet') ? { stem: 'small' } : {}) });

  it('are the same after a round trip through JSON', () => {
    for (const name of Object.keys(networks) as NetworkName[]) {
      const network = small(name);
      const read = layerFromJson(JSON.parse(JSON.stringify(layerToJson(network))));
      assert.deepEqual(summarize(read, color), summarize(network, color));
    }
  });

  it('resnet50 and mobilenet-v2 take the operations of their papers for one image of 224 x 224', () => {
    // In multiply-adds: torchvision counts 4.09 and 0.30 billion.
    for (const [network, billions] of [
      [resnet50({ classes: 1000 }), 4.09],
      [mobilenetV2({ classes: 1000 }), 0.3],
    ] as const) {
      const { flops } = summaryTotals(summarize(network, { shape: ['batch', 3, 224, 224] }));
      assert.ok(Math.abs(flops / 2e9 - billions) < 0.02, `${flops}`);
    }
  });

  it('vit gives what PyTorch gives', () => {
    interface Values {
      readonly shape: readonly number[];
      readonly data: readonly number[];
    }
    interface Fixture {
      readonly options: Parameters<typeof vit>[0];
      readonly parameters: Readonly<Record<string, Values>>;
      readonly input: Values;
      readonly logits: Values;
    }
    const fixture = readFixture<Fixture>(import.meta.url, 'fixtures/vit.json');
    const arrayOf = ({ shape, data }: Values): NdArray => NdArray.of('float32', shape, data);
    const network = vit(fixture.options);
    const x = arrayOf(fixture.input);
    const fresh = network.init(x);
    const parameters = withArrays(
      fresh.parameters,
      new Map(Object.entries(fixture.parameters).map(([name, values]) => [name, arrayOf(values)])),
    );
    assert.deepEqual(
      entries(fresh.parameters)
        .map(([name]) => name)
        .sort(),
      Object.keys(fixture.parameters).sort(),
    );
    const traced = traceLayer(network, [x], { parameters, state: {} });
    const [logits] = runReference(traced.graph([traced.output]), traced.values);
    assertNear(logits!.toNumbers(), fixture.logits.data, 1e-5, 'logits');
  });

  // The other resnets have more of the same blocks.
  for (const name of [
    'small-cnn',
    'gradient-histograms',
    'resnet18',
    'resnet50',
    'mobilenet-v2',
    'vit-small',
    'mlp',
    'linear',
  ] as const) {
    it(`${name} gives logits for one picture in ONNX Runtime, the batch left open`, async () => {
      const x = spread([1, 3, 32, 32], 0, 1);
      const network = small(name);
      const traced = traceLayer(network, [x], network.init(x), { shapes: [['batch', 3, 32, 32]] });
      assert.deepEqual(traced.output.shape, ['batch', 6]);
      const [logits] = await openOrt(traced.graph([traced.output]), traced.values);
      assert.deepEqual(logits!.shape, [1, 6]);
      assert.ok(logits!.toNumbers().every(Number.isFinite));
    });
  }

  it('digits-cnn in ONNX Runtime agrees with the reference', async () => {
    const x = spread([2, 1, 18, 18], 0, 1);
    const network = digitsCnn({ classes: 10 });
    const traced = traceLayer(network, [x], network.init(x));
    const graph = traced.graph([traced.output]);
    const [[actual], [expected]] = [await openOrt(graph, traced.values), runReference(graph, traced.values)];
    for (const [i, value] of expected!.toNumbers().entries())
      assert.ok(Math.abs(actual!.toNumbers()[i]! - value) < 1e-5);
  });
});
