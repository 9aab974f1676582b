import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NdArray } from '../../graph/array.js';
import { evaluateReference, fromReference } from '../../graph/evaluate.js';
import { ortCpu } from '../../runtime/ortNode.js';
import { runOnnx } from '../../runtime/testing.js';
import { assertNear } from '../../testing/compare.js';
import {
  dense,
  gpt,
  type Layer,
  sequential,
  tokenEmbedding,
  transformerEncoderLayer,
  translationTransformer,
} from '../index.js';
import { toReference, traceLayer } from '../testing.js';
import { beamSearch, CachedDecoder, exportDecoder, generate, recomputing, type StepModel } from './index.js';

const vocabulary = 7;
const language: Readonly<Record<string, Layer>> = {
  gpt: gpt({ vocabulary, length: 12, width: 8, layers: 2, heads: 2 }),
  'gpt with rotary positions': gpt({ vocabulary, width: 8, layers: 2, heads: 2, positions: 'rotary' }),
  'rotary layers': sequential(
    tokenEmbedding(vocabulary, 8, {
      positions: 'none',
      initializer: { name: 'normal', standardDeviation: 1 },
    }),
    transformerEncoderLayer({ heads: 2, causal: true, rotary: true }),
    dense(vocabulary),
  ),
};
const translation = translationTransformer({
  sourceVocabulary: 6,
  targetVocabulary: vocabulary,
  padding: 0,
  width: 8,
  layers: 2,
  heads: 2,
});
const sources = NdArray.from(
  [
    [3, 5, 2, 0],
    [1, 4, 4, 2],
  ],
  'int32',
);

/** The logits after the last token, everything computed anew in double precision. */
function plainly(model: Layer, before: readonly NdArray[], tokens: NdArray<'int32'>): NdArray {
  const inputs = [...before, tokens];
  const traced = traceLayer(model, inputs, variablesOf(model));
  const [all] = evaluateReference(traced.graph([traced.output]), traced.values.map(toReference));
  const [batch, time] = tokens.shape as [number, number];
  const logits = fromReference(all!.data, 'float32', [batch, time, vocabulary]);
  const last = Array.from({ length: batch }, (_, i) =>
    logits.toNumbers().slice(((i + 1) * time - 1) * vocabulary, (i + 1) * time * vocabulary),
  );
  return NdArray.from(last);
}

const variablesOf = (model: Layer) =>
  model.init([...(model === translation ? [sources] : []), NdArray.from([[1, 2]], 'int32')], 1);

const row = (...tokens: number[]): NdArray<'int32'> => NdArray.of('int32', [tokens.length, 1], tokens);

describe('CachedDecoder', () => {
  for (const [name, model] of Object.entries(language)) {
    it(`${name}: gives the logits of computing everything anew, a prompt and then token by token`, async () => {
      const decoder = await CachedDecoder.open(model, variablesOf(model), { runtime: ortCpu });
      const cached = await decoder.start();
      const anew = recomputing(async (tokens) => plainly(model, [], tokens));
      const prompt = NdArray.from(
        [
          [3, 1, 4],
          [6, 5, 0],
        ],
        'int32',
      );
      for (const tokens of [
        prompt,
        row(2, 2),
        row(0, 5),
        NdArray.from(
          [
            [1, 2],
            [3, 3],
          ],
          'int32',
        ),
      ]) {
        const [found, expected] = [await cached.next(tokens), await anew.next(tokens)];
        assertNear(found.toNumbers(), expected.toNumbers(), 1e-5, 'logits');
      }
      await decoder.release();
    });
  }

  it('goes on from reordered sequences of a source with padding, more of them and fewer', async () => {
    const decoder = await CachedDecoder.open(translation, variablesOf(translation), {
      inputs: [{ name: 'source', dtype: 'int32', shape: ['batch', 'source'] }],
      runtime: ortCpu,
    });
    const cached = await decoder.start([sources]);
    let rows = [0, 1];
    const sourcesOf = (): NdArray =>
      NdArray.from(
        rows.map((i) => sources.toNumbers().slice(4 * i, 4 * i + 4)),
        'int32',
      );
    const anew = recomputing(async (tokens) => plainly(translation, [sourcesOf()], tokens));
    const compare = async (tokens: NdArray<'int32'>): Promise<void> => {
      const [found, expected] = [await cached.next(tokens), await anew.next(tokens)];
      assertNear(found.toNumbers(), expected.toNumbers(), 1e-5, 'logits');
    };
    const reorder = async (indices: readonly number[]): Promise<void> => {
      for (const model of [cached, anew]) await model.reorder(indices);
      rows = indices.map((i) => rows[i]!);
    };
    await compare(row(1, 1));
    await compare(row(4, 2));
    await reorder([1, 1, 0]);
    await compare(row(3, 5, 6));
    await reorder([2, 0]);
    await compare(row(2, 3));
    await decoder.release();
  });

  it('makes the same tokens as computing everything anew, greedily and by beam search', async () => {
    const model = language.gpt!;
    const decoder = await CachedDecoder.open(model, variablesOf(model), { runtime: ortCpu });
    const anew = (): StepModel => recomputing(async (tokens) => plainly(model, [], tokens));
    const greedy = async (step: StepModel): Promise<number[]> => {
      const tokens: number[] = [];
      for await (const token of generate(step, [3, 1], { maxTokens: 8 })) tokens.push(token);
      return tokens;
    };
    assert.deepEqual(await greedy(await decoder.start()), await greedy(anew()));
    const search = async (step: StepModel): Promise<unknown> =>
      (
        await beamSearch(
          step,
          [
            [3, 1],
            [2, 6],
          ],
          { maxTokens: 6, beams: 3, end: 4 },
        )
      ).map((found) => found.map(({ tokens }) => tokens));
    assert.deepEqual(await search(await decoder.start()), await search(anew()));
    await decoder.release();
  });

  it('refuses a sequence longer than the model', async () => {
    const model = language.gpt!;
    const decoder = await CachedDecoder.open(model, variablesOf(model), { length: 3, runtime: ortCpu });
    const cached = await decoder.start();
    await cached.next(NdArray.from([[1, 2, 3]], 'int32'));
    await assert.rejects(cached.next(row(1)), /4 tokens, but the model takes 3/);
    await decoder.release();
  });

  it('refuses a model in which nothing looks back', async () => {
    const model = sequential(tokenEmbedding(vocabulary, 8), dense(vocabulary));
    await assert.rejects(
      CachedDecoder.open(model, variablesOf(model), { runtime: ortCpu }),
      /no layer of the model is causal/,
    );
  });
});

describe('exportDecoder', () => {
  it('gives files that decode in a plain ONNX Runtime session', async () => {
    const inputs = [{ name: 'source', dtype: 'int32', shape: ['batch', 'source'] }] as const;
    const { step, memory } = exportDecoder(translation, variablesOf(translation), { inputs });
    const kept = await runOnnx(memory!, { source: sources });
    const asArrays = (results: Awaited<ReturnType<typeof runOnnx>>): Record<string, NdArray> =>
      Object.fromEntries(
        Object.entries(results).map(([name, { shape, data }]) => [
          name,
          new NdArray(data instanceof Float32Array ? 'float32' : 'int32', shape, data),
        ]),
      );
    let past: Record<string, NdArray> = Object.fromEntries(
      ['0', '1'].flatMap((layer) =>
        ['key', 'value'].map((part) => [
          `past.decoder.${layer}.attention.${part}`,
          new NdArray('float32', [2, 2, 0, 4]),
        ]),
      ),
    );
    past['past.positions'] = new NdArray('int32', [0]);
    for (const [position, tokens] of [row(1, 1), row(4, 2)].entries()) {
      const { logits, ...present } = asArrays(
        await runOnnx(step, {
          tokens,
          positions: NdArray.from([position], 'int32'),
          ...past,
          ...asArrays(kept),
        }),
      );
      past = Object.fromEntries(
        Object.entries(present).map(([name, array]) => [name.replace('present', 'past'), array]),
      );
      const whole =
        position === 0
          ? row(1, 1)
          : NdArray.from(
              [
                [1, 4],
                [1, 2],
              ],
              'int32',
            );
      assertNear(logits!.toNumbers(), plainly(translation, [sources], whole).toNumbers(), 1e-5, 'logits');
    }
  });
});
