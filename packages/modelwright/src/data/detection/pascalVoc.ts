import { readFile } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { XMLParser } from 'fast-xml-parser';
import type { ObjectBox } from './annotations.js';
import type { AnnotationProblem } from './problems.js';
import { namesIn, type PartName, picturesIn, type RawDetection, type RawImage, reasonOf } from './raw.js';

const parser = new XMLParser({ parseTagValue: false, isArray: (name) => name === 'object' });

const listNames: Readonly<Record<string, PartName>> = { train: 'train', val: 'validation', test: 'test' };

/** Whether a folder is laid out as Pascal VOC's. */
export const isPascalVoc = (names: readonly string[]): boolean => names.includes('Annotations');

/**
 * Reads Pascal VOC's layout (Everingham et al., 2010): `Annotations/*.xml`, `JPEGImages/*`, and `ImageSets/Main/{train,val,test}.txt` with
 * names of images, where there are any. Corners count pixels from 1, the last one belonging to the box, so that 1 is taken off xmin and ymin.
 */
export async function readPascalVoc(folder: string): Promise<RawDetection> {
  const pictures = await picturesIn(join(folder, 'JPEGImages'));
  const annotated = (await namesIn(join(folder, 'Annotations')))
    .filter((name) => name.endsWith('.xml'))
    .map((name) => parse(name).name);
  const lists = await partsOf(folder);
  const problems: AnnotationProblem[] = [];
  const known = new Set(annotated);
  const read = async (name: string): Promise<RawImage[]> => {
    const file = pictures.get(name);
    if (!file) problems.push({ kind: 'missingImage', name });
    else if (!known.has(name)) problems.push({ kind: 'unannotated', name });
    else {
      try {
        const text = await readFile(join(folder, 'Annotations', `${name}.xml`), 'utf8');
        return [{ name, file, objects: parsePascalVoc(text) }];
      } catch (error) {
        problems.push({ kind: 'unreadable', name: `${name}.xml`, detail: reasonOf(error) });
      }
    }
    return [];
  };
  const everything = [...new Set([...annotated, ...pictures.keys()])].sort();
  const wanted = Object.keys(lists).length > 0 ? lists : { train: everything };
  const parts: Partial<Record<PartName, RawImage[]>> = {};
  for (const [part, names] of Object.entries(wanted)) {
    parts[part as PartName] = (await Promise.all(names.map(read))).flat();
  }
  return { format: 'Pascal VOC', parts, classNames: undefined, problems };
}

async function partsOf(folder: string): Promise<Partial<Record<PartName, string[]>>> {
  const lists: Partial<Record<PartName, string[]>> = {};
  for (const [list, part] of Object.entries(listNames)) {
    const text = await readFile(join(folder, 'ImageSets', 'Main', `${list}.txt`), 'utf8').catch(
      () => undefined,
    );
    if (text !== undefined) lists[part] = text.split(/\s+/).filter((name) => name !== '');
  }
  return lists;
}

/** What one annotation says. @throws Error when it is not an annotation of this kind */
export function parsePascalVoc(text: string): ObjectBox[] {
  const root: unknown = parser.parse(text, true);
  const annotation = field(root, 'annotation');
  if (typeof annotation !== 'object' || annotation === null) {
    if (annotation === '') return [];
    throw new Error('it has no <annotation>');
  }
  const objects = field(annotation, 'object') ?? [];
  return (objects as unknown[]).map((object) => {
    const label = field(object, 'name');
    if (typeof label !== 'string' || label === '') throw new Error('an <object> has no <name>');
    const corner = (name: string): number => {
      const value = Number(field(field(object, 'bndbox'), name) ?? Number.NaN);
      if (Number.isFinite(value)) return value;
      throw new Error(`the <bndbox> of an object '${label}' has no number <${name}>`);
    };
    const [x1, y1, x2, y2] = [corner('xmin'), corner('ymin'), corner('xmax'), corner('ymax')];
    const empty = x2 <= x1 || y2 <= y1;
    return {
      label,
      box: empty ? [x1, y1, x2, y2] : [x1 - 1, y1 - 1, x2, y2],
      ...(field(object, 'difficult') === '1' && { ignored: true }),
    };
  });
}

/** What a tag holds; undefined where there is no such tag. */
function field(tag: unknown, name: string): unknown {
  return typeof tag === 'object' && tag !== null ? (tag as Record<string, unknown>)[name] : undefined;
}
