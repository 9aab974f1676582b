import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import type { Corners, ObjectBox } from './annotations.js';
import type { AnnotationProblem } from './problems.js';
import { namesIn, type PartName, picturesIn, type RawDetection, type RawImage } from './raw.js';

/** A file of annotations, and the folder of its images where it is known. */
interface CocoFile {
  readonly file: string;
  readonly folder?: string;
}

type CocoParts = Partial<Record<PartName, CocoFile>>;

const partOfName: readonly (readonly [RegExp, PartName])[] = [
  [/train/i, 'train'],
  [/val/i, 'validation'],
  [/test/i, 'test'],
];

/** Where COCO annotations are found: a file, `annotations/*.json`, `{train,valid,test}/_annotations.coco.json`, or one file in the folder. */
export async function findCoco(source: string): Promise<CocoParts | undefined> {
  if (source.endsWith('.json')) return { train: { file: source } };
  const names = await namesIn(source);
  const parts: CocoParts = {};
  for (const name of await namesIn(join(source, 'annotations'))) {
    const part = partOfName.find(([pattern]) => pattern.test(name))?.[1];
    if (part && name.endsWith('.json') && !/caption|keypoint|panoptic/.test(name)) {
      parts[part] ??= { file: join(source, 'annotations', name) };
    }
  }
  for (const name of names) {
    const inside = (await namesIn(join(source, name))).find((each) => each.endsWith('.coco.json'));
    const part = partOfName.find(([pattern]) => pattern.test(name))?.[1];
    if (inside && part) parts[part] ??= { file: join(source, name, inside), folder: join(source, name) };
  }
  const alone = names.filter((name) => extname(name) === '.json');
  if (Object.keys(parts).length === 0 && alone.length === 1) parts.train = { file: join(source, alone[0]!) };
  return Object.keys(parts).length > 0 ? parts : undefined;
}

/** Reads COCO's annotations of objects (Lin et al., 2014): boxes as x, y, width, height; crowds are ignored in measuring. */
export async function readCoco(found: CocoParts): Promise<RawDetection> {
  const problems: AnnotationProblem[] = [];
  const parts: Partial<Record<PartName, RawImage[]>> = {};
  const classNames: string[] = [];
  for (const [part, { file, folder }] of Object.entries(found)) {
    const content = parseCoco(await readFile(file, 'utf8'), file);
    for (const { name } of content.categories) if (!classNames.includes(name)) classNames.push(name);
    const folders = folder ? [folder] : imageFolders(file, part as PartName);
    parts[part as PartName] = await imagesOf(content, folders, problems);
  }
  return { format: 'COCO', parts, classNames, problems };
}

/** Where the images of a file of annotations may lie. */
function imageFolders(file: string, part: PartName): string[] {
  const beside = dirname(file);
  const above = basename(beside) === 'annotations' ? dirname(beside) : beside;
  const named = /instances_(\w+)\.json$/.exec(file)?.[1];
  const short = part === 'validation' ? 'val' : part;
  return [...(named ? [named, join('images', named)] : []), join('images', short), short, 'images', '.'].map(
    (name) => join(above, name),
  );
}

async function imagesOf(
  { images, annotations, categories }: CocoContent,
  folders: readonly string[],
  problems: AnnotationProblem[],
): Promise<RawImage[]> {
  const labels = new Map(categories.map(({ id, name }) => [id, name]));
  const objects = new Map<number, ObjectBox[]>(images.map(({ id }) => [id, []]));
  for (const { image_id: image, category_id: category, bbox, iscrowd } of annotations) {
    const [x, y, width, height] = bbox;
    const box: Corners = [x, y, x + width, y + height];
    const label = labels.get(category) ?? `category ${category}`;
    const own = objects.get(image);
    if (own) own.push({ label, box, ...(iscrowd === 1 && { ignored: true }) });
    else problems.push({ kind: 'missingImage', name: `image ${image}`, detail: label });
  }
  const found: RawImage[] = [];
  for (const { id, file_name: name } of images) {
    const file = await firstOf(folders.map((folder) => join(folder, name)));
    if (file) found.push({ name, file, objects: objects.get(id)! });
    else problems.push({ kind: 'missingImage', name });
  }
  const listed = new Set(found.map(({ file }) => file));
  const used = new Set(found.map(({ file }) => dirname(file)));
  for (const folder of used) {
    for (const file of (await picturesIn(folder)).values()) {
      if (!listed.has(file)) problems.push({ kind: 'unannotated', name: file });
    }
  }
  return found;
}

async function firstOf(files: readonly string[]): Promise<string | undefined> {
  for (const file of files) {
    const there = await stat(file).then(
      (entry) => entry.isFile(),
      () => false,
    );
    if (there) return file;
  }
  return undefined;
}

interface CocoContent {
  readonly images: readonly { readonly id: number; readonly file_name: string }[];
  readonly annotations: readonly {
    readonly image_id: number;
    readonly category_id: number;
    readonly bbox: readonly [number, number, number, number];
    readonly iscrowd?: number;
  }[];
  readonly categories: readonly { readonly id: number; readonly name: string }[];
}

/** @throws Error naming what is missing */
function parseCoco(text: string, where: string): CocoContent {
  let json: Partial<CocoContent>;
  try {
    json = JSON.parse(text) as Partial<CocoContent>;
  } catch (cause) {
    throw new Error(`${where} is not valid JSON: it is damaged or cut off.`, { cause });
  }
  for (const name of ['images', 'annotations', 'categories'] as const) {
    if (!Array.isArray(json[name])) {
      throw new Error(`${where} has no list '${name}': expected COCO's annotations of objects.`);
    }
  }
  const content = json as CocoContent;
  const wrong = content.annotations.find(
    ({ bbox }) => !Array.isArray(bbox) || bbox.length !== 4 || bbox.some((value) => !Number.isFinite(value)),
  );
  if (wrong) {
    throw new Error(
      `${where}: an annotation of image ${wrong.image_id} has no bbox of four numbers; expected x, y, width, height.`,
    );
  }
  return content;
}
