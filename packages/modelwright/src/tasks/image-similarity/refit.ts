// The last layer of a trained network, fitted anew in closed form.
import { symmetricDistortion } from '../../data/augment.js';
import type { Example } from '../../data/collate.js';
import { Dataset } from '../../data/dataset.js';
import { flip, warp } from '../../data/image-ops.js';
import { NdArray } from '../../graph/array.js';
import { Random } from '../../graph/random.js';
import type { ArrayTree, Variables } from '../../nn/context.js';
import type { Layer } from '../../nn/layer.js';
import { sequential } from '../../nn/layers/sequential.js';
import { discriminantOf } from './discriminant.js';
import { Embedder, joinRows, type LabelledEmbeddings } from './embed.js';

/** Draws towards an equal spread in all directions: few pictures of few classes say little about most of them. */
const shrinkage = 0.5;
/** How often each picture is seen, varied anew. */
const passes = 6;
/** How much the faces of made-up people differ from those they are made of; see `symmetricDistortion`. */
const distortionStrength = 0.04;

export interface RefitOptions {
  /** Pictures to learn from, `{ input: uint8 [channels, height, width], target }`, as they are. */
  readonly pictures: Dataset;
  /** How many classes they are of. */
  readonly classes: number;
  /** Varies pictures, anew in each epoch. */
  readonly vary: (pictures: Dataset) => Dataset;
  /** How many classes are made up of each: all its pictures distorted in one way. */
  readonly madeUpClasses: number;
  /** Whether features are the mean of those of a picture and of its mirror image. */
  readonly mirrored: boolean;
  readonly seed: number;
}

/**
 * The variables of a network of embeddings with those of its last dense layer fitted anew: by the discriminant of what comes before it, over
 * pictures varied as in training.
 * @param network a sequence whose last layer is dense, perhaps with layers around it that have no parameters
 * @param place where the network stands among the layers of `embedding`
 */
export async function refitLastLayer(
  embedding: Layer,
  place: number,
  variables: Variables,
  options: RefitOptions,
): Promise<Variables> {
  const before = layersOf(embedding).slice(0, place);
  const own = layersOf(layersOf(embedding)[place]!);
  const last = String(own.length - 1);
  const parameters = variables.parameters[place] as ArrayTree;
  const { [last]: dense, ...rest } = parameters;
  const { units: dimensions } = own.at(-1)!.config as { readonly units: number };
  const embedder = new Embedder(sequential(...before, sequential(...own.slice(0, -1))));
  try {
    const body = { ...variables, parameters: { ...variables.parameters, [place]: rest } };
    const fitted = await discriminantOf(await featuresOf(embedder, body, options), { dimensions, shrinkage });
    return {
      ...variables,
      parameters: {
        ...variables.parameters,
        [place]: { ...rest, [last]: { ...(dense as ArrayTree), ...fitted } },
      },
    };
  } finally {
    await embedder.release();
  }
}

const layersOf = (layer: Layer): readonly Layer[] =>
  (layer.config as { readonly layers: readonly Layer[] }).layers;

async function featuresOf(
  embedder: Embedder,
  variables: Variables,
  { pictures, classes, vary, madeUpClasses, mirrored, seed }: RefitOptions,
): Promise<LabelledEmbeddings> {
  const parts: LabelledEmbeddings[] = [];
  for (let copy = 0; copy <= madeUpClasses; copy++) {
    const people = copy === 0 ? pictures : await kept(madeUp(pictures, classes, { copy, seed }));
    for (let pass = 0; pass < passes; pass++) {
      const varied = await kept(vary(people), copy * passes + pass);
      const found = await embedder.embed(variables, varied);
      if (mirrored) {
        const mirrors = varied.map((example) => ({ ...example, input: flip(example.input!, 'horizontal') }));
        const { data } = (await embedder.embed(variables, mirrors)).embeddings;
        for (const [i, value] of data.entries())
          found.embeddings.data[i] = (found.embeddings.data[i]! + value) / 2;
      }
      parts.push(found);
    }
  }
  return {
    embeddings: joinRows(parts.map(({ embeddings }) => embeddings)),
    labels: parts.flatMap(({ labels }) => labels),
  };
}

/** The examples of an epoch, made once. */
async function kept(data: Dataset, epoch = 0): Promise<Dataset> {
  const examples: Example[] = [];
  for await (const example of data.iterate({ epoch })) examples.push(example);
  return Dataset.from(examples);
}

/** Pictures of made-up classes: those of each class distorted in one way, their targets counted on. */
function madeUp(
  pictures: Dataset,
  classes: number,
  { copy, seed }: { readonly copy: number; readonly seed: number },
): Dataset {
  const distortions = Array.from({ length: classes }, (_, name) =>
    symmetricDistortion(distortionStrength, new Random(seed, copy, name)),
  );
  return pictures.map(({ input, target }) => {
    const name = target!.item();
    return {
      input: warp(input!, { distortion: distortions[name]!, fill: 'edge' }),
      target: NdArray.of('int32', [], [name + copy * classes]),
    };
  });
}
