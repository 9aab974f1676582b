// Elementwise graphs over long vectors as one loop.
//
// ONNX Runtime runs an elementwise graph node by node, each a pass over memory: for an optimiser with ten operations on millions
// of parameters that is ten times the traffic of one loop that reads each number once. Here such a graph becomes a WebAssembly
// function that goes through the vectors once, four floats at a time. The arithmetic is the same, float by float.
import type { Graph } from '../../graph/graph.js';
import type { GraphNode, Tensor } from '../../graph/tensor.js';
import { constantValue } from '../../transforms/constantFolding.js';
import { encodeModule, float, opcodes, signed, unsigned, type ValueType } from './module.js';

/** Floats in a SIMD register. */
const lanes = 4;

type Code = readonly number[];

/** How each primitive is said, from the code that leaves its operands. */
const operations: Readonly<Record<string, (...operands: Code[]) => Code>> = {
  add: (a, b) => [...a, ...b, ...opcodes.f32x4Add],
  sub: (a, b) => [...a, ...b, ...opcodes.f32x4Subtract],
  mul: (a, b) => [...a, ...b, ...opcodes.f32x4Multiply],
  div: (a, b) => [...a, ...b, ...opcodes.f32x4Divide],
  maximum: (a, b) => [...a, ...b, ...opcodes.f32x4Maximum],
  minimum: (a, b) => [...a, ...b, ...opcodes.f32x4Minimum],
  neg: (a) => [...a, ...opcodes.f32x4Negate],
  abs: (a) => [...a, ...opcodes.f32x4Absolute],
  sqrt: (a) => [...a, ...opcodes.f32x4SquareRoot],
  // (a > 0) - (0 > a), each as 1 or 0.
  sign: (a) => [...oneWhere(a, splat(0)), ...oneWhere(splat(0), a), ...opcodes.f32x4Subtract],
  step: (a) => oneWhere(a, splat(0)),
  relu: (a) => [...a, ...splat(0), ...opcodes.f32x4Maximum],
};

const splat = (value: number): Code => [...opcodes.f32Const, ...float(value), ...opcodes.f32x4Splat];

const oneWhere = (greater: Code, than: Code): Code => [
  ...splat(1),
  ...splat(0),
  ...greater,
  ...than,
  ...opcodes.f32x4GreaterThan,
  ...opcodes.v128BitSelect,
];

/**
 * The loop of a graph, as a WebAssembly module. Its function is `run(bytes, ..pointers, ..scalars)`: how many bytes each vector
 * has (a multiple of 16), where the vectors among the inputs and then the outputs begin in memory, and the scalars among the
 * inputs, in order. Outputs may lie where inputs do.
 * @returns undefined when the graph holds anything but elementwise operations on float32 vectors of one length and on scalars
 */
export function compileElementwise(graph: Graph): Uint8Array<ArrayBuffer> | undefined {
  const { inputs, outputs, nodes } = graph;
  const isScalar = ({ shape }: Tensor): boolean => shape.length === 0;
  const vectors = inputs.filter((tensor) => !isScalar(tensor));
  const length = vectors[0]?.shape[0];
  const fits = (tensor: Tensor): boolean =>
    tensor.dtype === 'float32' && (isScalar(tensor) || (tensor.rank === 1 && tensor.shape[0] === length));
  const known = (node: GraphNode): boolean =>
    node.primitive.name === 'constant' ? isScalar(node.outputs[0]!) : node.primitive.name in operations;
  if (
    ![...inputs, ...outputs, ...nodes.flatMap((node) => node.outputs)].every(fits) ||
    !nodes.every(known) ||
    outputs.some(isScalar)
  ) {
    return undefined;
  }

  const scalars = inputs.filter(isScalar);
  const parameters: ValueType[] = [
    'i32',
    ...[...vectors, ...outputs].map((): ValueType => 'i32'),
    ...scalars.map((): ValueType => 'f32'),
  ];
  const locals: ValueType[] = ['i32'];
  const offset = parameters.length;
  const places = new Map<Tensor, number>();
  const place = (tensor: Tensor): number => {
    locals.push('v128');
    places.set(tensor, parameters.length + locals.length - 1);
    return places.get(tensor)!;
  };
  const get = (index: number): Code => [...opcodes.localGet, ...unsigned(index)];
  const set = (index: number): Code => [...opcodes.localSet, ...unsigned(index)];
  const address = (pointer: number): Code => [...get(pointer), ...get(offset), ...opcodes.i32Add];
  const alignment = [4, 0];

  // What does not change from element to element is computed once.
  const before: number[] = [];
  const inLoop: number[] = [];
  for (const [position, scalar] of scalars.entries()) {
    before.push(
      ...get(1 + vectors.length + outputs.length + position),
      ...opcodes.f32x4Splat,
      ...set(place(scalar)),
    );
  }
  for (const [position, vector] of vectors.entries()) {
    inLoop.push(...address(1 + position), ...opcodes.v128Load, ...alignment, ...set(place(vector)));
  }
  for (const node of nodes) {
    const [output] = node.outputs as [Tensor];
    const value = constantValue(output);
    const operands = node.inputs.map((tensor) => get(places.get(tensor)!));
    const code = value ? splat(value.item()) : operations[node.primitive.name]!(...operands);
    (isScalar(output) ? before : inLoop).push(...code, ...set(place(output)));
  }
  for (const [position, output] of outputs.entries()) {
    inLoop.push(
      ...address(1 + vectors.length + position),
      ...get(places.get(output)!),
      ...opcodes.v128Store,
      ...alignment,
    );
  }
  const body = [
    ...before,
    ...opcodes.block,
    ...get(0),
    ...opcodes.i32Equalzero,
    ...opcodes.branchIf,
    0,
    ...opcodes.loop,
    ...inLoop,
    ...get(offset),
    ...opcodes.i32Const,
    ...signed(4 * lanes),
    ...opcodes.i32Add,
    ...opcodes.localTee,
    ...unsigned(offset),
    ...get(0),
    ...opcodes.i32LessUnsigned,
    ...opcodes.branchIf,
    0,
    ...opcodes.end,
    ...opcodes.end,
  ];
  return encodeModule(parameters, locals, body);
}
