import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NdArray } from '../graph/array.js';
import { type DType, dtypes } from '../graph/dtype.js';
import { readSafetensors, writeSafetensors } from './safetensors.js';

/** A file put together by hand, as the format's description says: length, header, elements. */
function file(header: string, data: readonly number[], headerLength = header.length): Uint8Array {
  const length = [0, 8, 16, 24, 32, 40, 48, 56].map((shift) =>
    Number((BigInt(headerLength) >> BigInt(shift)) & 255n),
  );
  return Uint8Array.from([...length, ...new TextEncoder().encode(header), ...data]);
}

// 1.0 and -2.5 as IEEE 754 single precision, little-endian.
const one = [0x00, 0x00, 0x80, 0x3f];
const minusTwoAndAHalf = [0x00, 0x00, 0x20, 0xc0];
const wholeHeader =
  '{"__metadata__":{"format":"pt"},"b":{"dtype":"U8","shape":[3],"data_offsets":[8,11]},"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}}';
const whole = file(wholeHeader, [...one, ...minusTwoAndAHalf, 7, 8, 255]);

describe('readSafetensors', () => {
  it('reads a file put together by hand', () => {
    const { tensors, metadata } = readSafetensors(whole);
    assert.deepEqual(metadata, { format: 'pt' });
    assert.deepEqual(tensors.get('a'), NdArray.from([[1], [-2.5]]));
    assert.deepEqual(tensors.get('b'), NdArray.of('uint8', [3], [7, 8, 255]));
    assert.equal(tensors.size, 2);
  });

  it('takes no file that is cut off, at whatever byte', () => {
    for (let length = 0; length < whole.length; length++) {
      assert.throws(
        () => readSafetensors(whole.subarray(0, length), 'x'),
        /^Error: x cannot be read as safetensors/,
      );
    }
  });

  const a = (fields: string) => `{"a":${fields}}`;
  const f32 = (shape: string, offsets: string) =>
    `{"dtype":"F32","shape":${shape},"data_offsets":${offsets}}`;
  const cases: [string, Uint8Array, RegExp][] = [
    ['bytes after the tensors', file(a(f32('[1]', '[0,4]')), [...one, 0]), /take 4 bytes, but 5 follow/],
    [
      'an overlap',
      file(`{"a":${f32('[1]', '[0,4]')},"b":${f32('[1]', '[2,6]')}}`, [...one, 0, 0]),
      /'b' overlaps/,
    ],
    ['a gap', file(a(f32('[1]', '[4,8]')), [...one, ...one]), /'a' leaves a gap/],
    ['a shape that its bytes do not fill', file(a(f32('[2]', '[0,4]')), one), /takes 8 bytes, but has 4/],
    ['offsets that run backwards', file(a(f32('[1]', '[4,0]')), one), /takes 4 bytes, but has -4/],
    ['a negative size', file(a(f32('[-1]', '[0,4]')), one), /no valid shape/],
    ['a size that is no whole number', file(a(f32('[0.5]', '[0,2]')), [0, 0]), /no valid shape/],
    ['an unknown dtype', file(a('{"dtype":"BF16","shape":[1],"data_offsets":[0,2]}'), [0, 0]), /"BF16".*F32/],
    ['a tensor that is no object', file(a('null'), []), /dtype undefined/],
    ['a header that is no JSON', file('{"a"', []), /header is not JSON/],
    ['a header that is a list', file('[]', []), /not an object/],
    ['a header longer than any', file('', [], 2 ** 40), /header has 1099511627776 bytes/],
    ['metadata that is not text', file('{"__metadata__":{"a":1}}', []), /not a record of text/],
  ];
  for (const [name, bytes, message] of cases) {
    it(`takes no file with ${name}`, () => assert.throws(() => readSafetensors(bytes), message));
  }
});

describe('writeSafetensors', () => {
  it('writes what the format says, wider dtypes first, the header padded to eight bytes', () => {
    const tensors = new Map<string, NdArray>([
      ['b', NdArray.of('uint8', [3], [7, 8, 255])],
      ['a', NdArray.from([[1], [-2.5]])],
    ]);
    const header =
      '{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"b":{"dtype":"U8","shape":[3],"data_offsets":[8,11]}}';
    const padded = header.padEnd(Math.ceil(header.length / 8) * 8, ' ');
    assert.deepEqual(
      writeSafetensors(tensors, { format: 'pt' }),
      file(padded, [...one, ...minusTwoAndAHalf, 7, 8, 255]),
    );
  });

  it('gives back every dtype, scalars, empty tensors and odd names', () => {
    const tensors = new Map<string, NdArray>(
      dtypes.map((dtype: DType) => [dtype, NdArray.of(dtype, [2, 3], [0, 1, 0, 1, 1, 0])]),
    );
    tensors.set('scalar', NdArray.from(3));
    tensors.set('empty', new NdArray('float64', [0, 4]));
    tensors.set('7', NdArray.from([1]));
    tensors.set('__proto__', NdArray.from([2]));
    tensors.set('层.0."weight"', NdArray.from([3]));
    const decoded = readSafetensors(writeSafetensors(tensors)).tensors;
    assert.equal(decoded.size, tensors.size);
    for (const [name, tensor] of tensors) assert.deepEqual(decoded.get(name), tensor, name);
  });

  it('refuses the name that the format keeps for itself', () => {
    assert.throws(() => writeSafetensors(new Map([['__metadata__', NdArray.from(1)]])), /__metadata__/);
  });
});
