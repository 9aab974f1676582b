import { sizeOf } from '../graph/array.js';
import type { Graph } from '../graph/graph.js';
import { bindDimension, type Shape, staticShape } from '../graph/shape.js';
import type { GraphNode } from '../graph/tensor.js';

const perExample = new Map([['batch', 1]]);
const elements = (shape: Shape): number =>
  sizeOf(
    staticShape(
      shape.map((size) => bindDimension(size, perExample)),
      'flopsOf',
    ),
  );

/** Floating-point operations of a node: two for each multiply-add of a convolution or a matrix product; an open batch counts as 1. */
export function flopsOf({ primitive, inputs, outputs, attributes }: GraphNode): number {
  switch (primitive.name) {
    case 'convolution':
      return 2 * elements(outputs[0]!.shape) * elements(inputs[1]!.shape.slice(1));
    case 'convolutionInputGradient':
      return 2 * elements(inputs[0]!.shape) * elements(inputs[1]!.shape.slice(1));
    case 'convolutionFilterGradient':
      return 2 * elements(inputs[1]!.shape) * elements(outputs[0]!.shape.slice(1));
    case 'matmul':
      return (
        2 * elements(outputs[0]!.shape) * elements([inputs[0]!.shape.at(attributes.transposeA ? -2 : -1)!])
      );
    case 'scan': {
      const steps = elements([inputs[attributes.carries as number]!.shape[0]!]);
      return (attributes.body as Graph).nodes.reduce((total, node) => total + steps * flopsOf(node), 0);
    }
    default:
      return 0;
  }
}
