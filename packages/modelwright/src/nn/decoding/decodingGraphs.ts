// A model as two graphs: what is computed once for a sequence, and what is computed for each new token.
import type { DType } from '../../graph/dtype.js';
import { Graph } from '../../graph/graph.js';
import type { Shape } from '../../graph/shape.js';
import { input, type Tensor } from '../../graph/tensor.js';
import { concat } from '../../primitives/index.js';
import type { Decoding, TensorTree } from '../context.js';
import type { Layer } from '../layer.js';

/** What grows with every token: the input that holds it so far and the output that holds it afterwards lie at equal places. */
export interface Cache {
  readonly name: string;
  readonly dtype: DType;
  /** The axis of time is called 'past'. */
  readonly shape: Shape;
}

export interface DecodingGraphs {
  /**
   * Computes what stays the same for all tokens, such as keys and values of the encoded source.
   * Inputs: the variables, then the model's inputs apart from the tokens. Absent where there is nothing of the kind.
   */
  readonly memory: Graph | undefined;
  /**
   * Computes logits of new tokens.
   * Inputs: the variables, tokens int32[batch, time], positions int32[time], the caches, what the memory graph gave. Outputs:
   * logits [batch, time, vocabulary], the caches with the new positions behind the old ones.
   */
  readonly step: Graph;
  readonly caches: readonly Cache[];
  /** What the memory graph's outputs are called. */
  readonly memoryNames: readonly string[];
}

export interface DecodingInputs {
  /** The model's parameters and state, and the same as a list: the first inputs of both graphs. */
  readonly parameters: TensorTree;
  readonly state?: TensorTree;
  readonly variables: readonly Tensor[];
  /** The model's inputs in order, with the batch open; none is given for the tokens. */
  readonly others?: readonly { readonly name: string; readonly dtype: DType; readonly shape: Shape }[];
  /** Which of the model's inputs the tokens are. Default: the last one. */
  readonly tokenInput?: number;
}

/** Collects what layers ask to be kept from step to step. */
class Recorder implements Decoding {
  readonly positions = input('positions', 'int32', ['time']);
  readonly caches: Cache[] = [];
  readonly past: Tensor[] = [];
  readonly present: Tensor[] = [];
  readonly kept: Tensor[] = [];
  readonly given: Tensor[] = [];
  readonly memoryNames: string[] = [];
  readonly #byPath = new Map<string, Tensor>();

  extend(path: string, value: Tensor, axis: number): Tensor {
    const known = this.#byPath.get(path);
    if (known) return known;
    const shape = value.shape.with(axis, 'past');
    const before = input(`past.${path}`, value.dtype, shape);
    const joined = concat([before, value], axis);
    this.caches.push({ name: path, dtype: value.dtype, shape });
    this.past.push(before);
    this.present.push(joined);
    this.#byPath.set(path, joined);
    return joined;
  }

  keep(path: string, value: Tensor): Tensor {
    const known = this.#byPath.get(path);
    if (known) return known;
    const stand = input(`memory.${path}`, value.dtype, value.shape);
    this.kept.push(value);
    this.given.push(stand);
    this.memoryNames.push(path);
    this.#byPath.set(path, stand);
    return stand;
  }
}

/**
 * Traces a model that decodes, from the parameters and layers it was trained with.
 *
 * Causal attention keeps its keys and values, cross attention those of the memory; everything else must look at each position
 * alone.
 * @throws TypeError when the model does not give a tensor of three axes, or nothing in it looks at earlier positions
 */
export function decodingGraphs(model: Layer, options: DecodingInputs): DecodingGraphs {
  const { parameters, state = {}, variables, others = [], tokenInput = others.length } = options;
  const recorder = new Recorder();
  const tokens = input('tokens', 'int32', ['batch', 'time']);
  const given = others.map(({ name, dtype, shape }) => input(name, dtype, shape));
  const logits = model.apply(parameters, given.toSpliced(tokenInput, 0, tokens), {
    state,
    decoding: recorder,
  });
  if (logits.rank !== 3)
    throw new TypeError(
      `decodingGraphs: the model gives ${logits}; expected logits [batch, time, vocabulary].`,
    );
  if (recorder.caches.length === 0)
    throw new TypeError(
      'decodingGraphs: no layer of the model is causal attention, so there is nothing to keep between tokens.',
    );
  const { past, present, kept, caches, memoryNames } = recorder;
  const inputs = [...variables, tokens, recorder.positions, ...past, ...recorder.given];
  return {
    memory: kept.length > 0 ? new Graph([...variables, ...given], kept) : undefined,
    step: new Graph(inputs, [logits, ...present]),
    caches,
    memoryNames,
  };
}
