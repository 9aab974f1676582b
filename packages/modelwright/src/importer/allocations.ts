import { NdArray } from '../graph/array.js';
import type { OnnxGraph, OnnxModel, OnnxNode } from '../onnx/decode.js';

/** The most elements that a file may ask for by constants alone: 1 GB of float32. */
const mostElements = 2 ** 28;

type Constants = ReadonlyMap<string, readonly number[]>;

/** How many elements an operator makes, as far as constants say; undefined where they do not. */
const sizes: Readonly<Record<string, (node: OnnxNode, constants: Constants) => number | undefined>> = {
  ConstantOfShape: ({ inputs }, constants) => product(constants.get(inputs[0] ?? '')),
  Expand: ({ inputs }, constants) => product(constants.get(inputs[1] ?? '')),
  Tile: ({ inputs }, constants) => product(constants.get(inputs[1] ?? '')),
  Resize: ({ inputs }, constants) =>
    product(constants.get(inputs[3] ?? '') ?? constants.get(inputs[2] ?? '')),
  Upsample: ({ inputs }, constants) => product(constants.get(inputs[1] ?? '')),
  Pad: ({ inputs, attributes }, constants) =>
    (constants.get(inputs[1] ?? '') ?? numbers(attributes.pads))?.reduce(
      (sum, pad) => sum + Math.max(0, pad),
      0,
    ),
  OneHot: ({ inputs }, constants) => product(constants.get(inputs[1] ?? '')),
  RandomNormal: ({ attributes }) => product(numbers(attributes.shape)),
  RandomUniform: ({ attributes }) => product(numbers(attributes.shape)),
  Range({ inputs }, constants) {
    const [start, limit, step] = inputs.map((name) => constants.get(name)?.[0]);
    if (start === undefined || limit === undefined || !step) return undefined;
    return Math.max(0, Math.ceil((limit - start) / step));
  },
};

/**
 * Makes sure that a file does not ask for more memory than a model needs, before anything runs it: by the sizes of its inputs and outputs,
 * and by operators that make large arrays of small constants. What is computed from inputs is not known here.
 * @throws Error naming the node or value
 */
export function checkAllocations({ graph }: OnnxModel, where = 'the ONNX file'): void {
  for (const { name, shape } of [...graph.inputs, ...graph.outputs]) {
    const fixed = shape.filter((size) => typeof size === 'number');
    refuseAbove(product(fixed), `${where}: '${name}' of shape [${shape.join(', ')}]`);
  }
  checkGraph(graph, where, new Map());
}

function checkGraph(graph: OnnxGraph, where: string, outer: Constants): void {
  const constants = new Map(outer);
  const keep = (name: string, value: unknown): void => {
    if (value instanceof NdArray && value.size <= 64 && value.dtype !== 'float16')
      constants.set(name, value.toNumbers());
  };
  for (const [name, value] of graph.initializers) keep(name, value);
  for (const node of graph.nodes) {
    const { operator, name, attributes, outputs } = node;
    if (operator === 'Constant') {
      keep(outputs[0] ?? '', attributes.value);
      const listed = numbers(attributes.value_ints ?? attributes.value_int);
      if (listed) constants.set(outputs[0] ?? '', listed);
    }
    refuseAbove(sizes[operator]?.(node, constants), `${where}: ${operator} '${name || outputs[0]}'`);
    for (const value of Object.values(attributes)) {
      if (typeof value === 'object' && 'nodes' in value) checkGraph(value, where, constants);
    }
  }
}

function refuseAbove(elements: number | undefined, what: string): void {
  if (elements === undefined || elements <= mostElements) return;
  throw new Error(
    `${what} has ${elements} elements or more, beyond the ${mostElements} that a model may ask for.`,
  );
}

function product(values: readonly number[] | undefined): number | undefined {
  return values?.reduce((result, value) => result * Math.max(1, Math.abs(value)), 1);
}

/** An attribute of whole numbers. */
function numbers(value: unknown): number[] | undefined {
  const list = typeof value === 'bigint' ? [value] : value;
  return Array.isArray(list) ? list.map(Number) : undefined;
}
