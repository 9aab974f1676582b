import { readdir } from 'node:fs/promises';
import { extname } from 'node:path';
import type { Dataset } from '../../data/dataset.js';
import { imageExtensions } from '../../data/image-folder.js';
import { openImages } from '../image-classification/images.js';
import { readPictures } from '../pictureFolder.js';

/** Pictures to make others like. */
export interface ExamplePictures {
  /** Examples `{ input: uint8 [channels, size, size], target }`. */
  readonly train: Dataset;
  /** Pictures to compare with that are not learnt from; undefined where the data has none. */
  readonly test: Dataset | undefined;
  /** One where the pictures have no classes. */
  readonly classNames: readonly string[];
  readonly channels: number;
  readonly size: number;
  readonly notes: readonly string[];
}

export interface OpenPicturesOptions {
  readonly imageSize?: number | undefined;
  readonly channels?: 1 | 3 | undefined;
  /** What an earlier training settled on. */
  readonly like?: {
    readonly channels: number;
    readonly size: number;
    readonly classNames?: readonly string[] | undefined;
  };
}

/** Of folders, where nothing else is said. */
const defaultSize = 32;

/**
 * Opens pictures by classes, or those of a folder without classes.
 * @throws Error when there is no such data, or it is not square and no size to bring it to was given
 */
export async function openPictures(source: string, options: OpenPicturesOptions): Promise<ExamplePictures> {
  const { like, channels = like?.channels ?? 3 } = options;
  if (await hasPictures(source)) {
    const size = like?.size ?? options.imageSize ?? defaultSize;
    const notes: string[] = [];
    const onSkip = (reason: string): void => void notes.push(`Left out: ${reason}`);
    const { images } = await readPictures(source, { channels, size: [size, size] }, onSkip);
    return { train: images, test: undefined, classNames: ['picture'], channels, size, notes };
  }
  const classNames = like?.classNames;
  const opened = await openImages(source, {
    channels: channels === 1 ? 1 : 3,
    ...(options.imageSize !== undefined && { imageSize: options.imageSize }),
    ...(like && {
      like: { channels: like.channels, size: [like.size, like.size], ...(classNames && { classNames }) },
    }),
    folderSize: defaultSize,
  });
  const [height, width] = opened.size;
  if (height !== width) {
    throw new Error(
      `The pictures of ${source} are ${height} x ${width}, but square ones are made: say --image-size.`,
    );
  }
  return { ...opened, size: height };
}

/** Whether a folder holds pictures itself, and not folders of classes. */
async function hasPictures(source: string): Promise<boolean> {
  const entries = await readdir(source, { withFileTypes: true }).catch(() => []);
  return entries.some(
    (entry) => entry.isFile() && imageExtensions.includes(extname(String(entry.name)).toLowerCase()),
  );
}
