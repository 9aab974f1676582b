import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, parse, resolve, sep } from 'node:path';
import { parse as parseYaml } from 'yaml';
import type { ObjectBox } from './annotations.js';
import type { AnnotationProblem } from './problems.js';
import { namesIn, type PartName, picturesIn, type RawDetection, type RawImage, reasonOf } from './raw.js';

/** YOLO's data file in a folder, or the file itself; undefined where there is none. */
export async function findYolo(source: string): Promise<string | undefined> {
  if (/\.ya?ml$/.test(source)) return source;
  const name = (await namesIn(source)).find((each) => /\.ya?ml$/.test(each));
  return name && join(source, name);
}

/**
 * Reads the layout of the YOLO family: a `data.yaml` with `names` and with folders of images (or lists of them) for `train`, `val` and `test`;
 * for each image a text file in the folder `labels` beside `images`, each line `class x y width height` of a box's centre and size as
 * shares of the image.
 * @param sizeOf the width and height of an image's file
 */
export async function readYolo(
  file: string,
  sizeOf: (image: string) => Promise<{ readonly width: number; readonly height: number }>,
): Promise<RawDetection> {
  const settings = readSettings(await readFile(file, 'utf8'), file);
  const root = settings.path ? resolve(dirname(file), settings.path) : dirname(file);
  const problems: AnnotationProblem[] = [];
  const parts: Partial<Record<PartName, RawImage[]>> = {};
  for (const [name, part] of [
    ['train', 'train'],
    ['val', 'validation'],
    ['test', 'test'],
  ] as const) {
    const places = settings[name];
    if (places === undefined) continue;
    const files = (await Promise.all([places].flat().map((place) => filesOf(root, place)))).flat();
    const read = files.map((image) => readImage(image, settings.names, sizeOf, problems));
    parts[part] = (await Promise.all(read)).flat();
  }
  return { format: 'YOLO', parts, classNames: settings.names, problems };
}

interface Settings {
  readonly path: string | undefined;
  readonly names: readonly string[];
  readonly train: string | string[] | undefined;
  readonly val: string | string[] | undefined;
  readonly test: string | string[] | undefined;
}

function readSettings(text: string, where: string): Settings {
  const content = parseYaml(text) as Record<string, unknown> | null;
  const { names } = content ?? {};
  if (typeof names !== 'object' || names === null) {
    throw new Error(`${where} has no 'names': expected YOLO's data file with the names of the classes.`);
  }
  const place = (name: string): string | string[] | undefined => {
    const value = content![name] ?? undefined;
    if (value === undefined || typeof value === 'string') return value;
    if (Array.isArray(value)) return value.map(String);
    throw new Error(`${where}: '${name}' should be a folder, a list of images, or several of them.`);
  };
  return {
    path: typeof content!.path === 'string' ? content!.path : undefined,
    names: Object.values(names).map(String),
    train: place('train'),
    val: place('val'),
    test: place('test'),
  };
}

/** The images of a folder, or those that a text file lists. */
async function filesOf(root: string, place: string): Promise<string[]> {
  // Some exports name folders from the folder of images, one too far up.
  const candidates = [resolve(root, place), resolve(root, place.replace(/^(\.\.\/)+/, ''))];
  for (const path of candidates) {
    const entry = await stat(path).catch(() => undefined);
    if (entry?.isDirectory()) return [...(await picturesIn(path)).values()];
    if (entry?.isFile()) {
      const lines = (await readFile(path, 'utf8')).split(/\r?\n/).filter((line) => line.trim() !== '');
      return lines.map((line) => resolve(dirname(path), line.trim()));
    }
  }
  throw new Error(`There is no folder or list of images ${candidates[0]}, which the data file names.`);
}

async function readImage(
  file: string,
  names: readonly string[],
  sizeOf: (image: string) => Promise<{ readonly width: number; readonly height: number }>,
  problems: AnnotationProblem[],
): Promise<RawImage[]> {
  const name = basename(file);
  const labels = await readFile(labelFile(file), 'utf8').catch(() => undefined);
  if (labels === undefined) {
    problems.push({ kind: 'unannotated', name });
    return [];
  }
  const size = await sizeOf(file).catch((error: unknown) => {
    problems.push({ kind: 'unreadable', name, detail: reasonOf(error) });
    return undefined;
  });
  if (!size) return [];
  try {
    return [{ name, file, objects: parseYolo(labels, names, size) }];
  } catch (error) {
    problems.push({ kind: 'unreadable', name: `${parse(name).name}.txt`, detail: reasonOf(error) });
    return [];
  }
}

/** `.../images/train/1.jpg` has its boxes in `.../labels/train/1.txt`. */
function labelFile(image: string): string {
  const folders = dirname(image).split(sep);
  const at = folders.lastIndexOf('images');
  const folder = at < 0 ? folders : folders.with(at, 'labels');
  return join(folder.join(sep), `${parse(image).name}.txt`);
}

/** The boxes of one text file. A line of more than five numbers is an outline, of which the box around it is taken. */
export function parseYolo(
  text: string,
  names: readonly string[],
  { width, height }: { readonly width: number; readonly height: number },
): ObjectBox[] {
  return text.split(/\r?\n/).flatMap((line, i): ObjectBox[] => {
    if (line.trim() === '') return [];
    const values = line.trim().split(/\s+/).map(Number);
    const [index, ...rest] = values;
    if (values.some((value) => !Number.isFinite(value)) || rest.length < 4 || rest.length % 2 !== 0) {
      throw new Error(`line ${i + 1} is '${line.trim().slice(0, 60)}'; expected class x y width height`);
    }
    const label = names[index!] ?? `class ${index}`;
    if (rest.length === 4) {
      const [x, y, w, h] = rest as [number, number, number, number];
      return [
        {
          label,
          box: [(x - w / 2) * width, (y - h / 2) * height, (x + w / 2) * width, (y + h / 2) * height],
        },
      ];
    }
    const across = rest.filter((_, at) => at % 2 === 0).map((value) => value * width);
    const down = rest.filter((_, at) => at % 2 === 1).map((value) => value * height);
    return [{ label, box: [Math.min(...across), Math.min(...down), Math.max(...across), Math.max(...down)] }];
  });
}
