// Which arrays of a file are trained, which are running statistics, and which are constants.
import type { NdArray } from '../graph/array.js';
import { isFloat } from '../graph/dtype.js';
import type { NodeConfig, VariableConfig } from './graphConfig.js';
import { heldDtype } from './values.js';

/** What an initializer is used for, by its position among the inputs of a node. */
type Use = 'weight' | 'scale' | 'values' | 'mean' | 'variance' | 'part' | 'setting';

const norm: Readonly<Record<number, Use>> = { 1: 'scale', 2: 'weight' };
const weights: Readonly<Record<number, Use>> = { 0: 'weight', 1: 'weight', 2: 'weight' };
const recurrent: Readonly<Record<number, Use>> = { 1: 'weight', 2: 'weight', 3: 'weight', 7: 'weight' };
/** Moved about on the way to where it is used; a part of it is taken of tables that are no parameters as a rule. */
const moved: Readonly<Record<number, Use>> = { 0: 'values' };
const values = new Set(['Add', 'Sub', 'Mul', 'Div', 'Concat', 'Sum', 'Where']);

const uses: Readonly<Record<string, Readonly<Record<number, Use>>>> = {
  BatchNormalization: { ...norm, 3: 'mean', 4: 'variance' },
  Cast: moved,
  Conv: { 1: 'weight', 2: 'weight' },
  ConvTranspose: { 1: 'weight', 2: 'weight' },
  Expand: moved,
  GRU: recurrent,
  Gather: { 0: 'weight' },
  Gemm: weights,
  GroupNormalization: norm,
  Identity: moved,
  InstanceNormalization: norm,
  LSTM: recurrent,
  LayerNormalization: norm,
  LinearClassifier: weights,
  LinearRegressor: weights,
  MatMul: weights,
  PRelu: { 1: 'weight' },
  RMSNormalization: norm,
  RNN: recurrent,
  Reshape: moved,
  Slice: { 0: 'part' },
  Squeeze: moved,
  Tile: moved,
  Transpose: moved,
  Unsqueeze: moved,
};

function useOf({ operator }: NodeConfig, position: number): Use {
  if (operator === 'Einsum') return 'weight';
  if (values.has(operator)) return 'values';
  return (Object.hasOwn(uses, operator) && uses[operator]![position]) || 'setting';
}

export type Kind = 'parameter' | 'state' | 'constant';

/**
 * What each initializer is. Floats that are multiplied, added or looked up are parameters; those that BatchNormalization keeps
 * running are state; whatever is used as a setting, is one number added or multiplied, or holds an infinity is a constant.
 */
export function classify(
  nodes: readonly NodeConfig[],
  initializers: ReadonlyMap<string, NdArray>,
  isConstant: (name: string) => boolean,
): Map<string, { readonly kind: Kind; readonly start: VariableConfig['start'] }> {
  const found = new Map<string, Set<Use>>();
  for (const node of nodes) {
    for (const [position, name] of node.inputs.entries()) {
      if (!initializers.has(name)) continue;
      if (!found.has(name)) found.set(name, new Set());
      found.get(name)!.add(useOf(node, position));
    }
  }
  return new Map(
    [...found].map(([name, own]) => {
      const array = initializers.get(name)!;
      const kind = isConstant(name) ? 'constant' : kindOf(own, array);
      return [name, { kind, start: startOf(own, array, kind) }];
    }),
  );
}

function kindOf(own: ReadonlySet<Use>, array: NdArray): Kind {
  if (!isFloat(array.dtype) || own.has('setting') || array.size === 0) return 'constant';
  if (own.has('mean') || own.has('variance')) return own.size === 1 ? 'state' : 'constant';
  const trained = own.has('weight') || own.has('scale') || (own.has('values') && array.size > 1);
  if (!trained) return 'constant';
  // Masks hold infinities, which no parameter does.
  const finite =
    array.dtype === 'float16'
      ? (array.data as Uint16Array).every((word) => (word & 0x7c00) !== 0x7c00)
      : (array.data as Float32Array).every(Number.isFinite);
  return finite ? 'parameter' : 'constant';
}

function startOf(own: ReadonlySet<Use>, array: NdArray, kind: Kind): VariableConfig['start'] {
  if (own.has('scale') || own.has('variance')) return 'ones';
  if (kind === 'state') return 'zeros';
  return array.shape.length > 1 ? 'weights' : 'zeros';
}

/** A variable as the configuration holds it. */
export function variableConfig(name: string, array: NdArray, start: VariableConfig['start']): VariableConfig {
  return { name, shape: array.shape, dtype: heldDtype(array.dtype), start };
}
