import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Dataset } from '../../data/dataset.js';
import { drawnCharacters } from '../../data/drawnCharacters.js';
import { NdArray } from '../../graph/array.js';
import { type LabelledImages, type OpenImagesOptions, openImages } from '../image-classification/images.js';

/** The data set that is made on this machine. */
export const madeHere = 'characters';

/** Pictures of some classes to learn from, and of others that the training never sees. */
export interface ClassSplit {
  /** Targets number `trainClasses`. */
  readonly train: Dataset;
  readonly trainClasses: readonly string[];
  /** Targets number `heldClasses`; undefined where nothing is held out. */
  readonly held: Dataset | undefined;
  readonly heldClasses: readonly string[];
  readonly channels: number;
  readonly size: readonly [number, number];
  readonly notes: readonly string[];
}

export interface SplitOptions extends OpenImagesOptions {
  /** Share of the classes to hold out. Default: 0.2. */
  readonly validationSplit?: number | undefined;
  readonly heldOutClasses?: readonly string[] | undefined;
}

/** Share of the classes held out where nothing else is said. */
const defaultSplit = 0.2;
/** Fewer classes than this can neither be told apart nor be measured on. */
const fewest = 2;

/** Opens pictures by classes, of a folder or a known data set; the part to measure on that a data set brings is left alone. */
export async function openClasses(source: string, options: OpenImagesOptions): Promise<LabelledImages> {
  if (source !== madeHere) return openImages(source, options);
  const drawn = drawnCharacters({ ...(options.imageSize && { size: options.imageSize }) });
  const size = options.imageSize ?? 28;
  return {
    train: drawn,
    test: undefined,
    classNames: drawn.classNames!,
    channels: 1,
    size: [size, size],
    notes: [],
  };
}

/**
 * Opens pictures and holds out whole classes: those below `test/` where there is such a folder beside `train/`, those that are named, or
 * the last ones by name, numbers in names taken as numbers.
 * @throws Error when there are too few classes, or one that is to be held out is not there
 */
export async function splitByClass(source: string, options: SplitOptions): Promise<ClassSplit> {
  const folders: readonly string[] = await readdir(source).catch(() => []);
  if (folders.includes('train') && folders.includes('test')) {
    const [train, test] = await Promise.all([
      openClasses(join(source, 'train'), options),
      openClasses(join(source, 'test'), options),
    ]);
    const { channels, size } = train;
    requireClasses(source, 'train/', train.classNames);
    requireClasses(source, 'test/', test.classNames);
    return {
      train: train.train,
      trainClasses: train.classNames,
      held: test.train,
      heldClasses: test.classNames,
      channels,
      size,
      notes: [...train.notes, ...test.notes],
    };
  }
  const { train: all, classNames, channels, size, notes } = await openClasses(source, options);
  const heldClasses = heldOut(source, classNames, options);
  const trainClasses = classNames.filter((name) => !heldClasses.includes(name));
  requireClasses(source, 'the training', trainClasses);
  return {
    train: await onlyClasses(all, trainClasses),
    trainClasses,
    held: heldClasses.length > 0 ? await onlyClasses(all, heldClasses) : undefined,
    heldClasses,
    channels,
    size,
    notes,
  };
}

function heldOut(source: string, classNames: readonly string[], options: SplitOptions): readonly string[] {
  const { heldOutClasses, validationSplit = defaultSplit } = options;
  if (heldOutClasses) {
    const unknown = heldOutClasses.filter((name) => !classNames.includes(name));
    if (unknown.length > 0) {
      throw new Error(
        `${source} has no class ${unknown.join(', ')} to hold out. Its classes: ${classNames.join(', ')}.`,
      );
    }
    requireClasses(source, 'what is held out', heldOutClasses);
    return heldOutClasses;
  }
  if (validationSplit === 0) return [];
  if (!(validationSplit > 0 && validationSplit <= 0.5)) {
    throw new RangeError(
      `The share of classes to hold out must lie between 0 and 0.5, but it is ${validationSplit}.`,
    );
  }
  const sorted = classNames.toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  const count = Math.max(fewest, Math.round(validationSplit * sorted.length));
  return sorted.slice(-count);
}

function requireClasses(source: string, part: string, names: readonly string[]): void {
  if (names.length >= fewest) return;
  throw new Error(
    `${source}: ${part} has ${names.length} class(es), but pictures of at least ${fewest} are needed to learn or measure what tells classes apart.`,
  );
}

/** The pictures of some classes, whose targets then number these. */
export async function onlyClasses(data: Dataset, names: readonly string[]): Promise<Dataset> {
  const all = data.classNames ?? [];
  const labels = await data.labels();
  const places = new Map(names.map((name, place) => [all.indexOf(name), place]));
  const chosen = [...labels.keys()].filter((index) => places.has(labels[index]!));
  const renumbered = data.select(chosen).map(({ input, target }) => ({
    input: input!,
    target: NdArray.of('int32', [], [places.get(target!.item())!]),
  }));
  return renumbered.withClassNames(names);
}
