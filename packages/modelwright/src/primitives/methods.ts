// Attaches to Tensor the methods people expect, each one of the functions of this room.
import type { DType } from '../graph/dtype.js';
import type { Shape } from '../graph/shape.js';
import { Tensor } from '../graph/tensor.js';
import type { Operand } from './arithmetic.js';
import * as arithmetic from './arithmetic.js';
import { cast } from './cast.js';
import * as elementwise from './elementwise.js';
import { gather } from './indexing.js';
import { matmul } from './matmul.js';
import * as reductions from './reductions.js';
import * as shaping from './shaping.js';
import { logSoftmax, softmax } from './softmax.js';

type Axes = number | readonly number[];

interface Methods {
  add(other: Operand): Tensor;
  sub(other: Operand): Tensor;
  mul(other: Operand): Tensor;
  div(other: Operand): Tensor;
  pow(exponent: Operand): Tensor;
  maximum(other: Operand): Tensor;
  minimum(other: Operand): Tensor;
  equal(other: Operand): Tensor;
  less(other: Operand): Tensor;
  greater(other: Operand): Tensor;
  neg(): Tensor;
  abs(): Tensor;
  exp(): Tensor;
  log(): Tensor;
  sqrt(): Tensor;
  square(): Tensor;
  tanh(): Tensor;
  sigmoid(): Tensor;
  relu(): Tensor;
  matmul(other: Tensor): Tensor;
  sum(axes?: Axes, keepDimensions?: boolean): Tensor;
  mean(axes?: Axes, keepDimensions?: boolean): Tensor;
  max(axes?: Axes, keepDimensions?: boolean): Tensor;
  argMax(axis?: number): Tensor;
  softmax(axis?: number): Tensor;
  logSoftmax(axis?: number): Tensor;
  reshape(shape: Shape): Tensor;
  transpose(order?: readonly number[]): Tensor;
  slice(axis: number, start: number, end?: number, step?: number): Tensor;
  gather(indices: Tensor, axis?: number): Tensor;
  cast(to: DType): Tensor;
}

declare module '../graph/tensor.js' {
  interface Tensor extends Methods {}
}

const functions: { [Name in keyof Methods]: (x: Tensor, ...rest: Parameters<Methods[Name]>) => Tensor } = {
  add: arithmetic.add,
  sub: arithmetic.sub,
  mul: arithmetic.mul,
  div: arithmetic.div,
  pow: arithmetic.pow,
  maximum: arithmetic.maximum,
  minimum: arithmetic.minimum,
  equal: arithmetic.equal,
  less: arithmetic.less,
  greater: arithmetic.greater,
  neg: elementwise.neg,
  abs: elementwise.abs,
  exp: elementwise.exp,
  log: elementwise.log,
  sqrt: elementwise.sqrt,
  square: arithmetic.square,
  tanh: elementwise.tanh,
  sigmoid: elementwise.sigmoid,
  relu: elementwise.relu,
  matmul,
  sum: reductions.sum,
  mean: reductions.mean,
  max: reductions.max,
  argMax: reductions.argMax,
  softmax,
  logSoftmax,
  reshape: shaping.reshape,
  transpose: shaping.transpose,
  slice: shaping.slice,
  gather,
  cast,
};

for (const [name, fn] of Object.entries(functions)) {
  Object.defineProperty(Tensor.prototype, name, {
    value(this: Tensor, ...rest: never[]) {
      return (fn as (x: Tensor, ...rest: never[]) => Tensor)(this, ...rest);
    },
  });
}
