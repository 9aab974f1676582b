import { stat } from 'node:fs/promises';
import { catalogue } from '../../data/catalogue.js';
import type { Dataset } from '../../data/dataset.js';
import { findIdx, idxFiles, idxFolder, type LabelledImage } from '../../data/idx.js';
import { imageFolders } from '../../data/image-folder.js';
import { holdOutEvery } from '../../data/split.js';
import { NdArray } from '../../graph/array.js';
import { openResizer } from './resizer.js';

/** Pictures to learn from and to measure on, all of one size. */
export interface LabelledImages {
  readonly train: Dataset;
  /** Data that comes apart from the training data; undefined where there is none. */
  readonly test: Dataset | undefined;
  readonly classNames: readonly string[];
  readonly channels: number;
  /** Height and width in pixels. */
  readonly size: readonly [number, number];
  /** What a person should know: files that were left out. */
  readonly notes: readonly string[];
}

export interface OpenImagesOptions {
  /** Height and width to bring pictures to. Default: 64 for a folder of pictures; other data keeps its size. */
  readonly imageSize?: number | undefined;
  /** The size of pictures of a folder where no other is said. Default: 64. */
  readonly folderSize?: number | undefined;
  /** Channels that pictures of a folder are read with: 1 for grey, 3 for colour. Default: as `like` says, else 3. */
  readonly channels?: 1 | 3 | undefined;
  /** What an earlier training settled on, for data to measure on: channels, size and classes must agree. */
  readonly like?: {
    readonly channels: number;
    readonly size: readonly [number, number];
    readonly classNames?: readonly string[] | undefined;
    /** Whether pictures of other channels are made grey or coloured. Default: they are an error. */
    readonly converts?: boolean;
  };
}

const defaultSize = 64;

/**
 * Opens pictures by the name of a known data set, or from a folder: MNIST's layout of IDX files, or a folder a class.
 * @throws Error when there is no such data, or it is not of either layout
 */
export async function openImages(source: string, options: OpenImagesOptions = {}): Promise<LabelledImages> {
  const known = catalogue.find(({ name }) => name === source);
  if (known) return resized(await known.load(), source, options);
  const found = await stat(source).catch(() => undefined);
  if (!found?.isDirectory()) {
    const names = catalogue.map(({ name }) => name).join(', ');
    throw new Error(
      `There is no folder '${source}', and no data set of that name. Known data sets: ${names}.`,
    );
  }
  if (await findIdx(source, idxFiles.train.images)) return resized(await idxFolder(source), source, options);
  const { like } = options;
  const channels = options.channels ?? (like?.channels === 1 ? 1 : 3);
  const folders = await imageFolders(source, {
    channels,
    ...(like?.classNames && { classNames: like.classNames }),
  });
  return resized(folders, source, {
    ...options,
    imageSize: options.imageSize ?? (like ? undefined : (options.folderSize ?? defaultSize)),
  });
}

type Labelled = Dataset<LabelledImage> | Dataset;

async function resized(
  { train, test }: { readonly train: Labelled; readonly test?: Labelled | undefined },
  source: string,
  { imageSize, like }: OpenImagesOptions,
): Promise<LabelledImages> {
  const all = train as Dataset;
  const first = (await all.at(0)).input!;
  const [channels, height, width] = first.shape as [number, number, number];
  if (like && channels !== like.channels && !like.converts) {
    throw new Error(
      `The pictures of ${source} have ${channels} channels, but the model takes ${like.channels}.`,
    );
  }
  if (like?.classNames && like.classNames.join('\n') !== all.classNames?.join('\n')) {
    throw new Error(
      `The classes of ${source} are ${all.classNames?.join(', ')}, but the model tells apart ${like.classNames.join(', ')}.`,
    );
  }
  const size: [number, number] = like
    ? [...like.size]
    : imageSize === undefined
      ? [height, width]
      : [imageSize, imageSize];
  const resize = await sizedBy(channels, size);
  const taken = like?.channels ?? channels;
  const fit = async (image: NdArray): Promise<NdArray> => withChannels(await resize(image), taken);
  const bring = (data: Dataset): Dataset =>
    imageSize === undefined && !like
      ? data
      : data.map(async (example) => ({ ...example, input: await fit(example.input!) })).cache();
  const skipped = [...all.skipped, ...(test?.skipped ?? [])];
  return {
    train: bring(all),
    test: test && bring(test as Dataset),
    classNames: all.classNames ?? [],
    channels: taken,
    size,
    notes:
      skipped.length === 0
        ? []
        : [
            `${skipped.length} file(s) left out: ${skipped
              .slice(0, 5)
              .map(({ file, reason }) => `${file} (${reason})`)
              .join('; ')}${skipped.length > 5 ? '; ...' : ''}`,
          ],
  };
}

/** Grey made of red, green and blue by how bright they look (ITU-R BT.601); or the same grey in each. */
function withChannels(image: NdArray, channels: number): NdArray {
  const [own, height, width] = image.shape as [number, number, number];
  if (own === channels) return image;
  const result = new NdArray('uint8', [channels, height, width]);
  const plane = height * width;
  const { data } = image as NdArray<'uint8'>;
  if (own === 1) for (let channel = 0; channel < channels; channel++) result.data.set(data, channel * plane);
  else
    for (let i = 0; i < plane; i++)
      result.data[i] = Math.round(0.299 * data[i]! + 0.587 * data[plane + i]! + 0.114 * data[2 * plane + i]!);
  return result;
}

/** Resizes where it must; the session is opened for the first picture of another size. */
export async function sizedBy(
  channels: number,
  size: readonly [number, number],
): Promise<(image: NdArray) => Promise<NdArray>> {
  let resizer: ReturnType<typeof openResizer> | undefined;
  return async (image) => {
    if (image.shape[1] === size[0] && image.shape[2] === size[1]) return image;
    resizer ??= openResizer(channels, size);
    return (await resizer).resize(image);
  };
}

/**
 * Holds out a share of the data, the same files every time: every n-th of each class in the order of their names.
 * Nothing is held out where every class has fewer than n.
 * @param share in [0, 0.5]
 */
export async function holdOut(
  data: Dataset,
  share: number,
): Promise<{ train: Dataset; held: Dataset | undefined }> {
  if (share === 0) return { train: data, held: undefined };
  if (!(share > 0 && share <= 0.5))
    throw new RangeError(`The share to validate on must lie between 0 and 0.5, but it is ${share}.`);
  const { train, test } = await holdOutEvery(data, Math.round(1 / share));
  return test.length === 0 ? { train: data, held: undefined } : { train, held: test };
}
