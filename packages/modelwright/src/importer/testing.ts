// For tests: cases of the ONNX backend tests, run through the importer.
import assert from 'node:assert/strict';
import type { NdArray } from '../graph/array.js';
import { decodeModel } from '../onnx/decode.js';
import { openOrt } from '../runtime/testing.js';
import { type ArrayConfig, arrayFromConfig } from './graphConfig.js';
import { type ImportedModel, importModel } from './importModel.js';
import { OnnxImportError } from './problems.js';
import { heldArray } from './values.js';

/** A case as fixtures/nodes.py writes it. */
export interface NodeCase {
  readonly name: string;
  readonly operators: readonly string[];
  readonly atol: number;
  /** The model, in base64. */
  readonly onnx: string;
  readonly inputs: readonly ArrayConfig[];
  readonly outputs: readonly ArrayConfig[];
}

/** A model and what it is to be given. */
interface Ready {
  readonly imported: ImportedModel;
  readonly feeds: readonly NdArray[];
}

/**
 * Imports a case. The cases give settings such as axes as inputs; a network has them as constants, so what must be known is made
 * an initializer: the whole numbers first, then everything but the first input.
 */
function ready({ name, onnx, inputs }: NodeCase): Ready {
  const file = decodeModel(new Uint8Array(Buffer.from(onnx, 'base64')), name);
  const arrays = new Map(file.graph.inputs.map((value, i) => [value.name, arrayFromConfig(inputs[i]!)]));
  const attempt = (isKnown: (array: NdArray, position: number) => boolean): Ready => {
    const known = [...arrays].filter(([, array], i) => isKnown(array, i));
    const initializers = new Map([...file.graph.initializers, ...known]);
    const imported = importModel({ ...file, graph: { ...file.graph, initializers } }, { name });
    return { imported, feeds: imported.inputs.map((value) => heldArray(arrays.get(value.name)!)) };
  };
  const attempts = [
    () => attempt(() => false),
    () => attempt(({ dtype }) => dtype.startsWith('int') || dtype === 'bool'),
    () => attempt((_, position) => position > 0),
  ];
  const [first, ...others] = attempts;
  return others.reduce<() => Ready>(
    (before, next) => () => {
      try {
        return before();
      } catch (error) {
        if (error instanceof OnnxImportError) return next();
        throw error;
      }
    },
    first!,
  )();
}

/** Asserts that a case gives what it should, types and shapes too. Half precision is computed in single. */
export async function checkCase(example: NodeCase): Promise<void> {
  const { imported, feeds } = ready(example);
  const results = await openOrt(imported.graph(), feeds);
  assert.equal(results.length, example.outputs.length);
  const isHalf = [...example.inputs, ...example.outputs].some(({ dtype }) => dtype === 'float16');
  const [relative, absolute] = [isHalf ? 1e-2 : 1e-3, Math.max(example.atol, 1e-5)];
  for (const [i, config] of example.outputs.entries()) {
    const [actual, expected] = [results[i]!, heldArray(arrayFromConfig(config))];
    assert.deepEqual(actual.shape, expected.shape, `shape of output ${i}`);
    assert.equal(actual.dtype, expected.dtype, `dtype of output ${i}`);
    const [found, wanted] = [actual.toNumbers(), expected.toNumbers()];
    for (const [k, e] of wanted.entries()) {
      const a = found[k]!;
      if (Object.is(a, e) || a === e) continue;
      assert.ok(
        Math.abs(a - e) <= relative * Math.abs(e) + absolute,
        `output ${i}, element ${k}: ${a}, expected ${e}`,
      );
    }
  }
}
