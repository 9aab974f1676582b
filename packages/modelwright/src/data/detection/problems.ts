import type { AnnotatedImage, Corners, ObjectBox } from './annotations.js';

/** What can be wrong with annotations, and what is done about it. */
export const problemKinds = {
  outside: 'boxes reach beyond their image: cut off at its edge, or left out where nothing remains',
  empty: 'boxes without area: left out',
  unknownClass: 'boxes of an unknown class: left out',
  unannotated: 'images without an annotation: left out',
  missingImage: 'annotations without an image: left out',
  unreadable: 'files that cannot be read: left out',
} as const;

export type ProblemKind = keyof typeof problemKinds;

/** Something wrong with an image or with a box on it. */
export interface AnnotationProblem {
  readonly kind: ProblemKind;
  /** The image or file. */
  readonly name: string;
  /** What exactly. */
  readonly detail?: string;
}

/** What to do about problems: name and count them and go on without, or refuse the data. */
export type OnProblem = 'skip' | 'refuse';

/** Numbers of problems by kind, with the first few by name: a line a kind. */
export function problemLines(problems: readonly AnnotationProblem[], named = 5): string[] {
  return (Object.keys(problemKinds) as ProblemKind[]).flatMap((kind) => {
    const own = problems.filter((problem) => problem.kind === kind);
    if (own.length === 0) return [];
    const first = own.slice(0, named).map(({ name, detail }) => (detail ? `${name} (${detail})` : name));
    const more = own.length > named ? '; ...' : '';
    return [`${own.length} ${problemKinds[kind]}: ${first.join('; ')}${more}`];
  });
}

/** @throws Error listing the problems, where there are any and they are not to be skipped */
export function requireNoProblems(
  where: string,
  problems: readonly AnnotationProblem[],
  onProblem: OnProblem,
): void {
  if (onProblem === 'skip' || problems.length === 0) return;
  throw new Error(
    `${where} has ${problems.length} problem(s) in its annotations. Mend them, or let them be skipped.\n` +
      problemLines(problems, 10).join('\n'),
  );
}

/** An image before its annotation is checked. */
export interface UncheckedImage extends Omit<AnnotatedImage, 'objects'> {
  readonly objects: readonly ObjectBox[];
}

/** The image with its boxes cut off at its edges, without those that cannot be used. */
export function checkObjects(
  image: UncheckedImage,
  classNames: readonly string[],
  problems: AnnotationProblem[],
): AnnotatedImage {
  const { name, width, height } = image;
  const objects = image.objects.flatMap((object): ObjectBox[] => {
    const [x1, y1, x2, y2] = object.box;
    const detail = `${object.label} ${object.box.map((value) => Number(value.toFixed(1))).join(' ')}`;
    const report = (kind: ProblemKind): void => void problems.push({ kind, name, detail });
    if (!classNames.includes(object.label)) {
      report('unknownClass');
      return [];
    }
    if (!(x2 > x1 && y2 > y1)) {
      report('empty');
      return [];
    }
    const within = (value: number, limit: number): number => Math.min(limit, Math.max(0, value));
    const box: Corners = [within(x1, width), within(y1, height), within(x2, width), within(y2, height)];
    if (box.some((value, i) => Math.abs(value - object.box[i]!) > rounding)) report('outside');
    return box[2] > box[0] && box[3] > box[1] ? [{ ...object, box }] : [];
  });
  return { ...image, objects };
}

/** Pixels by which boxes may reach beyond an image because sizes were rounded. */
const rounding = 0.5;
