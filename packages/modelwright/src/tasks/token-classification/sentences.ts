import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parseConll, readText } from '../../data/text/index.js';
import { convertTags, type Entity, entitiesOf } from '../../nn/metrics/text/entities.js';
import { generateTrips, madeTrips } from './trips.js';

/** Tokens and the entities among them. */
export interface TaggedSentence {
  readonly tokens: readonly string[];
  readonly entities: readonly Entity[];
  /** The file it stands in, or the name of the data set. */
  readonly file: string;
  /** Line of its first token, from 1. */
  readonly line: number;
}

/** Sentences to learn from and to measure on. */
export interface SentenceData {
  readonly train: readonly TaggedSentence[];
  /** To look at after each epoch; empty where there are none. */
  readonly validation: readonly TaggedSentence[];
  /** To measure on; empty where there are none. */
  readonly test: readonly TaggedSentence[];
  /** What a person should know: tags that break the rules of their scheme. */
  readonly notes: readonly string[];
}

/**
 * Opens sentences with entities: a CoNLL file, a folder with a file for each part, or `trips` or `trips-zh`.
 * @throws Error when there is no such data, or naming file and line where a column is missing or a tag is none of BIO and BIOES
 */
export async function openSentences(data: string): Promise<SentenceData> {
  if (Object.hasOwn(madeTrips, data)) {
    const name = data as keyof typeof madeTrips;
    const [train, test] = [generateTrips(600, 0, name), generateTrips(200, 1, name)];
    return { train, validation: [], test, notes: [] };
  }
  const found = await stat(data).catch(() => undefined);
  if (!found) {
    throw new Error(
      `There is no file or folder '${data}'. Give one, or 'trips' or 'trips-zh' for a data set that is made here.`,
    );
  }
  const files = found.isDirectory() ? await partsOf(data) : { train: data };
  const notes: string[] = [];
  const read = async (file: string | undefined): Promise<readonly TaggedSentence[]> => {
    if (file === undefined) return [];
    const { sentences, mended } = parseSentences(await readText(file), file);
    if (mended > 0) {
      notes.push(
        `${file}: in ${mended} sentence(s) tags break the rules of their scheme, such as I- with no B- before it; read as entities that begin there.`,
      );
    }
    return sentences;
  };
  return {
    train: await read(files.train),
    validation: await read(files.validation),
    test: await read(files.test),
    notes,
  };
}

/** The files of a folder whose names say which part of the data they hold. @throws Error when a part is ambiguous or none trains */
export async function partsOf(
  folder: string,
): Promise<{ train: string; validation?: string; test?: string }> {
  const names = (await readdir(folder, { withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);
  const fileOf = (part: string, pattern: RegExp): string | undefined => {
    const fitting = names.filter((name) => pattern.test(basename(name).toLowerCase()));
    if (fitting.length > 1)
      throw new Error(`${folder} has several files for ${part}: ${fitting.join(', ')}. Leave one.`);
    return fitting[0] === undefined ? undefined : join(folder, fitting[0]);
  };
  const train = fileOf('training', /train/);
  const validation = fileOf('validation', /dev|valid/);
  const test = fileOf('testing', /test/);
  if (train !== undefined)
    return { train, ...(validation !== undefined && { validation }), ...(test !== undefined && { test }) };
  throw new Error(
    `${folder} has no file whose name holds 'train'. Name the file itself, or call the files of the parts train, dev and test.`,
  );
}

/**
 * The sentences of a CoNLL text, and in how many of them tags had to be mended.
 * @param name what errors call the text
 * @throws Error naming the line of a column that is missing, or of a tag that is none of BIO and BIOES
 */
export function parseSentences(
  text: string,
  name: string,
): { readonly sentences: TaggedSentence[]; readonly mended: number } {
  let mended = 0;
  const sentences = parseConll(text, { name }).map(({ columns, line }) => {
    const [tokens, tags] = columns as [readonly string[], readonly string[]];
    const bad = tags.findIndex((tag) => !/^(O|[BIES]-.+)$/su.test(tag));
    if (bad >= 0) {
      throw new Error(
        `${name}:${line + bad}: the tag '${tags[bad]}' is none of BIO or BIOES; expected O, or B-, I-, E- or S- and a type, such as B-PER.`,
      );
    }
    const fits = (['BIO', 'BIOES'] as const).some((scheme) =>
      convertTags(tags, scheme).every((tag, i) => tag === tags[i]),
    );
    if (!fits) mended++;
    return { tokens, entities: entitiesOf(tags), file: name, line };
  });
  return { sentences, mended };
}

/** The types of the entities, sorted. @throws Error when there is no entity */
export function typesOf(sentences: readonly TaggedSentence[], data: string): string[] {
  const types = [...new Set(sentences.flatMap(({ entities }) => entities.map(({ type }) => type)))].sort();
  if (types.length > 0) return types;
  throw new Error(`${data}: there is no entity in it: every tag is O.`);
}

/** @throws Error naming file and line of an entity whose type the training has not seen */
export function requireKnownTypes(sentences: readonly TaggedSentence[], types: readonly string[]): void {
  for (const { entities, file, line } of sentences) {
    const unseen = entities.find(({ type }) => !types.includes(type));
    if (!unseen) continue;
    throw new Error(
      `${file}:${line + unseen.start}: the label '${unseen.type}' was not seen in training. Labels: ${types.join(', ')}.`,
    );
  }
}

/** Holds out the n-th, 2n-th ... sentence. @throws RangeError for a share outside 0 .. 0.5 */
export function holdOutSentences<Sentence>(
  sentences: readonly Sentence[],
  share: number,
): { train: readonly Sentence[]; held: readonly Sentence[] } {
  if (!(share >= 0 && share <= 0.5))
    throw new RangeError(`The share to validate on must lie between 0 and 0.5, but it is ${share}.`);
  const every = share === 0 ? Number.POSITIVE_INFINITY : Math.round(1 / share);
  const isHeld = (i: number): boolean => (i + 1) % every === 0;
  return {
    train: sentences.filter((_, i) => !isHeld(i)),
    held: sentences.filter((_, i) => isHeld(i)),
  };
}
