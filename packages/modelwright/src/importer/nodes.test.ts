// The ONNX backend tests for single operators: a few here, all of them where MODELWRIGHT_ONNX_CASES names the file that
// `fixtures/nodes.py all FILE` writes. Prints how many cases of each operator pass.
import { readFileSync } from 'node:fs';
import { after, describe, it } from 'node:test';
import { readFixture } from '../testing/fixture.js';
import { supportedOperators } from './index.js';
import { checkCase, type NodeCase } from './testing.js';

/** Cases that are not run, and why. */
const skipped: readonly (readonly [RegExp, reason: string])[] = [
  [/^test_training_dropout(?!_zero)/, 'draws the random numbers of one implementation'],
  [/^test_clip_default_int8_(min|max)_expanded/, 'ONNX Runtime has no Where on int8'],
  [/^test_einsum_batch_diagonal/, 'diagonals are not taken'],
  [/^test_maxpool_with_argmax/, "MaxPool's indices are not taken"],
  [/^test_mod_float_edge_cases_fmod_0/, 'the remainder by an infinity is not a number here'],
  [/^test_not_\dd/, 'written with version 1 of the operators'],
  [/^test_range_float\w*_positive_delta$/, 'Range is taken of known numbers alone'],
  [
    /^test_reduce_(log_sum_exp|max|min|prod)_empty_set(_bool)?$/,
    'there is no largest, smallest or product of no numbers',
  ],
  [/^test_resize_tf_crop_and_resize/, 'tf_crop_and_resize is not taken'],
  [/^test_scatter\w+(mul|max|min)/, 'scattering adds or replaces'],
];

const known = new Set(supportedOperators.map(({ name }) => name));
const file = process.env.MODELWRIGHT_ONNX_CASES;
const cases: readonly NodeCase[] = file
  ? readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as NodeCase)
  : readFixture<readonly NodeCase[]>(import.meta.url, 'fixtures/nodes.json');

describe('the ONNX backend tests', () => {
  const passed = new Map<string, number>();
  const taken = cases.filter(({ operators }) => operators.every((name) => known.has(name)));
  for (const example of taken) {
    const reason = skipped.find(([pattern]) => pattern.test(example.name))?.[1];
    it(example.name, { skip: reason ?? false }, async () => {
      await checkCase(example);
      for (const name of example.operators) passed.set(name, (passed.get(name) ?? 0) + 1);
    });
  }
  after(() => {
    const rows = [...passed].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, count]) => `${name} ${count}`);
    console.log(`${cases.length - taken.length} of ${cases.length} cases need operators that are not taken.`);
    console.log(`Cases passed by operator: ${rows.join(', ')}`);
  });
});
