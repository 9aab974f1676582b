import { readdir } from 'node:fs/promises';
import { extname, join, parse } from 'node:path';
import { imageExtensions } from '../image-folder.js';
import type { ObjectBox } from './annotations.js';
import type { AnnotationProblem } from './problems.js';

export type PartName = 'train' | 'validation' | 'test';

/** An image's file and what an annotation says of it. */
export interface RawImage {
  readonly name: string;
  readonly file: string;
  readonly objects: readonly ObjectBox[];
}

/** Annotations as they were read, whatever their format. */
export interface RawDetection {
  /** What the format is called. */
  readonly format: string;
  readonly parts: Readonly<Partial<Record<PartName, readonly RawImage[]>>>;
  /** The classes, where the format lists them. */
  readonly classNames: readonly string[] | undefined;
  readonly problems: readonly AnnotationProblem[];
}

/** The names in a folder; none where there is no such folder. */
export async function namesIn(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(() => [])).sort();
}

/** The pictures in a folder by their names without extension. */
export async function picturesIn(folder: string): Promise<Map<string, string>> {
  const pictures = (await namesIn(folder)).filter((name) =>
    imageExtensions.includes(extname(name).toLowerCase()),
  );
  return new Map(pictures.map((name) => [parse(name).name, join(folder, name)]));
}

/** An error in a few words, for a problem's detail. */
export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
