// Starting from a network that was trained before.
import { basename, resolve } from 'node:path';
import { readOnnxFile } from '../../importer/externalFiles.js';
import { featuresOf } from '../../importer/features.js';
import { importModel } from '../../importer/index.js';
import type { Variables } from '../../nn/context.js';
import type { Layer } from '../../nn/layer.js';
import { dense } from '../../nn/layers/dense.js';
import type { NamePattern } from '../../nn/names.js';
import { withHead } from '../../nn/transfer.js';
import { modelInputTypes } from '../../train/modelInput.js';
import type { FitOptions } from '../../train/options.js';
import { load } from '../../train/save.js';
import type { ImageClassificationTrainOptions } from './options.js';

/** A network to start from, and what pictures it takes. */
export interface Base {
  /** What it is called in reports. */
  readonly name: string;
  readonly model: Layer;
  readonly variables: Variables;
  readonly channels: number;
  readonly size: readonly [number, number];
}

const defaultSize = 64;

/** @throws Error when it is no model that takes pictures, or the options say a network as well */
export async function openBase(
  from: string,
  { model, imageSize }: Pick<ImageClassificationTrainOptions, 'model' | 'imageSize'>,
): Promise<Base> {
  if (model !== undefined) throw new Error(`The network is that of ${from}; leave out the model '${model}'.`);
  const name = `from ${basename(resolve(from))}`;
  const square = imageSize === undefined ? undefined : ([imageSize, imageSize] as const);
  if (from.endsWith('.onnx')) return { name, ...(await openOnnx(from, square)) };
  const trained = await load(from);
  const shape = trained.batchTypes.input?.shape as number[] | undefined;
  if (shape?.length !== 4) throw new Error(`${from} is not a model that takes pictures.`);
  const [, channels, height, width] = shape as [number, number, number, number];
  return {
    name,
    model: trained.model,
    variables: trained.variables,
    channels,
    size: square ?? [height, width],
  };
}

/** A classifier from another tool, cut off before its last layer. */
async function openOnnx(
  path: string,
  square: readonly [number, number] | undefined,
): Promise<Omit<Base, 'name'>> {
  const file = await readOnnxFile(path);
  const features = featuresOf(file);
  if (features === undefined) {
    throw new Error(
      `${path} does not end in a fully connected layer that could be replaced. Import it with importOnnx() and put a layer behind it.`,
    );
  }
  const { model, variables, inputs } = importModel(file, { name: basename(path), outputs: features });
  const [, channels, height, width] = inputs[0]?.shape ?? [];
  if (inputs.length !== 1 || inputs[0]!.shape.length !== 4 || (channels !== 1 && channels !== 3)) {
    throw new Error(`${path} is not a model that takes pictures [batch, 1 or 3 channels, height, width].`);
  }
  const known =
    typeof height === 'number' && typeof width === 'number' ? ([height, width] as const) : undefined;
  return { model, variables, channels, size: square ?? known ?? [defaultSize, defaultSize] };
}

/** The network with a fresh last layer, and what `fit` is told of it. */
export function continued(
  { model, variables, channels, size }: Base,
  classes: number,
  { seed = 0, freeze, unfreezeAfter, learningRateOf }: ImageClassificationTrainOptions,
): { readonly model: Layer } & Pick<FitOptions, 'variables' | 'freeze' | 'unfreeze' | 'learningRateOf'> {
  const types = { input: { dtype: 'uint8', shape: [1, channels, ...size] } } as const;
  const whole = withHead(model, variables, dense(classes), { input: modelInputTypes(model, types), seed });
  const but = (names: NamePattern): NamePattern => [...[names].flat(), `!${whole.head}`];
  return {
    model: whole.model,
    variables: whole.variables,
    ...(freeze !== undefined && { freeze: but(freeze) }),
    ...(freeze !== undefined &&
      unfreezeAfter !== undefined && { unfreeze: [{ after: unfreezeAfter, names: '*' }] }),
    ...(learningRateOf && {
      learningRateOf: learningRateOf.map(([names, factor]) => [but(names), factor] as const),
    }),
  };
}

/** @throws Error for options that have a meaning only for a network that was trained before */
export function requireNoTransfer(options: ImageClassificationTrainOptions): void {
  const given = (['freeze', 'unfreezeAfter', 'learningRateOf'] as const).find(
    (name) => options[name] !== undefined,
  );
  if (given) throw new Error(`${given} is for a network that was trained before: say which with from.`);
}
