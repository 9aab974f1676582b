// Where sound files are and what is known about each: class folders, names of files, and lists in CSV, TSV or JSON lines. In Node.
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { parse } from 'csv-parse/sync';
import type { SkippedFile } from '../source.js';
import { labelledFormats, readText } from '../text/files.js';
import { linesOf } from '../text/lines.js';
import type { AudioClip } from './clip.js';
import { type DecodedAudio, decodeAudio } from './decode.js';
import { type Fields, namePattern } from './namePattern.js';
import { resample } from './resample.js';

/** A sound file and what is known about it. */
export interface SoundFile {
  readonly file: string;
  readonly fields: Fields;
}

export interface SoundFiles {
  readonly sounds: readonly SoundFile[];
  /** Files that were found but left out. */
  readonly skipped: readonly SkippedFile[];
}

export interface ListSoundsOptions {
  /** What the names of files say, such as '{label}_{speaker}_{take}.wav'. Default: the folder's name is the label. */
  readonly pattern?: string | undefined;
}

const endings = ['.wav', '.wave', '.flac', '.mp3', '.ogg', '.oga', '.opus'];

/** Columns that hold what another program calls differently, by the names used here. */
const columns: Readonly<Record<string, readonly string[]>> = {
  file: ['file', 'path', 'filename', 'file_name', 'audio', 'audio_filepath', 'wav', 'clip'],
  label: ['label', 'class', 'category', 'target', 'command'],
  text: ['text', 'transcript', 'transcription', 'sentence', 'normalized_text'],
};

/**
 * Lists sound files: a folder with a folder for each label; with a pattern, the files of a folder by what their names say; or a
 * .csv, .tsv or .jsonl file with a column of files and columns of what is known about them.
 * @throws Error when there is nothing, or it is of no such form
 */
export async function listSounds(source: string, { pattern }: ListSoundsOptions = {}): Promise<SoundFiles> {
  const found = await stat(source).catch(() => undefined);
  if (!found) throw new Error(`There is no file or folder '${source}'.`);
  const listed = found.isDirectory()
    ? pattern === undefined
      ? await fromClassFolders(source)
      : await fromNames(source, pattern)
    : { sounds: await fromList(source), skipped: [] };
  if (listed.sounds.length > 0) return listed;
  throw new Error(
    `${source} holds no sound files (${endings.join(', ')})${pattern === undefined ? '' : ` whose names are like ${pattern}`}.`,
  );
}

const isSound = (name: string): boolean => endings.includes(extname(name).toLowerCase());

const filesIn = async (folder: string): Promise<string[]> =>
  (await readdir(folder, { withFileTypes: true }))
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => name)
    .sort();

async function fromClassFolders(source: string): Promise<SoundFiles> {
  const folders = (await readdir(source, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => name)
    .sort();
  if (folders.length === 0) {
    throw new Error(
      `${source} has no folders; expected one for each label. Say what the names of files mean with a pattern such as {label}_{speaker}_{take}.wav, or name a list in CSV or JSON lines.`,
    );
  }
  const sounds: SoundFile[] = [];
  const skipped: SkippedFile[] = [];
  for (const label of folders) {
    for (const name of await filesIn(join(source, label))) {
      const file = join(source, label, name);
      if (isSound(name)) sounds.push({ file, fields: { label } });
      else skipped.push({ file, reason: `its name ends in none of ${endings.join(', ')}` });
    }
  }
  return { sounds, skipped };
}

async function fromNames(source: string, pattern: string): Promise<SoundFiles> {
  const fieldsOf = namePattern(pattern);
  const sounds: SoundFile[] = [];
  const skipped: SkippedFile[] = [];
  for (const name of (await filesIn(source)).filter(isSound)) {
    const fields = fieldsOf(name);
    if (fields) sounds.push({ file: join(source, name), fields });
    else skipped.push({ file: join(source, name), reason: `its name is not like ${pattern}` });
  }
  return { sounds, skipped };
}

async function fromList(source: string): Promise<SoundFile[]> {
  const format = labelledFormats[extname(source).toLowerCase()];
  if (!format) {
    throw new Error(
      `${basename(source)} is none of ${Object.keys(labelledFormats).join(', ')}: the end of its name says how a list of sound files is read.`,
    );
  }
  const text = await readText(source);
  const rows = format === 'jsonl' ? jsonRows(text, source) : tableRows(text, format, source);
  return rows.map(({ row, line }) => {
    const fields = Object.fromEntries(
      Object.entries(row).map(([name, value]) => [usualName(name), value]),
    ) as Fields;
    const { file, ...others } = fields;
    if (file) return { file: resolve(dirname(source), file), fields: others };
    throw new Error(
      `${source}:${line}: no file is named; expected a column ${columns.file!.join(', ')}, but there are ${Object.keys(row).join(', ')}.`,
    );
  });
}

const usualName = (name: string): string =>
  Object.entries(columns).find(([, names]) => names.includes(name.trim().toLowerCase()))?.[0] ?? name.trim();

interface Row {
  readonly row: Readonly<Record<string, string>>;
  readonly line: number;
}

function tableRows(text: string, format: 'csv' | 'tsv', source: string): Row[] {
  try {
    const records: Record<string, string>[] = parse(text, {
      columns: true,
      skip_empty_lines: true,
      ...(format === 'tsv' && { delimiter: '\t', quote: null }),
    });
    return records.map((row, i) => ({ row, line: i + 2 }));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${source}: this is no table: ${reason}.`, { cause });
  }
}

function jsonRows(text: string, source: string): Row[] {
  return linesOf(text).flatMap((content, i): Row[] => {
    if (content.trim() === '') return [];
    let value: unknown;
    try {
      value = JSON.parse(content);
    } catch (cause) {
      throw new Error(`${source}:${i + 1}: this is not JSON. Every line must hold one object.`, { cause });
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new Error(`${source}:${i + 1}: expected an object such as {"file": "a.wav", "text": "..."}.`);
    const row = Object.fromEntries(Object.entries(value).map(([name, each]) => [name, String(each)]));
    return [{ row, line: i + 1 }];
  });
}

/** A sound with what is known about it. */
export interface KnownClip extends AudioClip {
  readonly name: string;
  readonly fields: Fields;
}

export interface LoadedClips {
  readonly clips: readonly KnownClip[];
  readonly sampleRate: number;
  readonly skipped: readonly SkippedFile[];
  /** What a person should know: files of other sample rates, or of several channels. */
  readonly notes: readonly string[];
}

/**
 * Reads sound files into memory as one channel of one sample rate. Files that cannot be read are left out and told.
 * @param sampleRate default: the one most files have
 * @throws Error when none can be read
 */
export async function loadSounds(
  sounds: readonly SoundFile[],
  { sampleRate }: { readonly sampleRate?: number | undefined } = {},
): Promise<LoadedClips> {
  const read: (DecodedAudio & KnownClip)[] = [];
  const skipped: SkippedFile[] = [];
  for (const { file, fields } of sounds) {
    try {
      const decoded = await decodeAudio(await readFile(file), { name: basename(file) });
      read.push({ ...decoded, name: file, fields });
    } catch (error) {
      skipped.push({ file, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  if (read.length === 0) {
    throw new Error(
      `None of the ${sounds.length} sound files can be read. ${skipped[0]?.file}: ${skipped[0]?.reason}`,
    );
  }
  const rate = sampleRate ?? mostFrequent(read.map(({ originalRate }) => originalRate));
  const others = read.filter(({ originalRate }) => originalRate !== rate).length;
  const wide = read.filter(({ channels }) => channels > 1).length;
  const clips = read.map(({ samples, originalRate, name, fields }) => ({
    samples: originalRate === rate ? samples : resample(samples, originalRate, rate),
    sampleRate: rate,
    name,
    fields,
  }));
  const notes = [
    ...(others > 0 ? [`${others} file(s) have another sample rate and are brought to ${rate} Hz.`] : []),
    ...(wide > 0 ? [`${wide} file(s) have several channels, of which the mean is taken.`] : []),
  ];
  return { clips, sampleRate: rate, skipped, notes };
}

function mostFrequent(values: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].reduce((best, entry) => (entry[1] > best[1] ? entry : best))[0];
}
