import type { Context } from 'hono';
import { badRequest, quoted, ServiceError } from './errors.js';

/** The media type of a request's body, in lower case and without parameters; undefined where the request names none. */
export function contentType(c: Context): string | undefined {
  const [type] = (c.req.header('Content-Type') ?? '').split(';');
  return type?.trim().toLowerCase() || undefined;
}

/** How many results a request asks for with `?top=`. Default: 5. @throws ServiceError 400 */
export function topOf(c: Context): number {
  const text = c.req.query('top') ?? '5';
  if (!/^[1-9]\d{0,5}$/.test(text))
    throw badRequest(`top should be a whole number from 1, but it is '${text}'.`);
  return Number(text);
}

/**
 * A number that the address asks for; undefined where it does not.
 * @throws ServiceError 400 when it is none, or out of its range
 */
export function numberIn(
  query: (name: string) => string | undefined,
  name: string,
  { low, high, whole = false }: { readonly low: number; readonly high: number; readonly whole?: boolean },
): number | undefined {
  const text = query(name);
  if (text === undefined) return undefined;
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (value >= low && value <= high && (!whole || Number.isInteger(value))) return value;
  throw badRequest(
    `${name} should be a ${whole ? 'whole ' : ''}number from ${low} to ${high}, but it is '${text}'.`,
  );
}

/**
 * The JSON that bytes hold.
 * @param hint what a message ends with
 * @throws ServiceError 400 when they are not UTF-8, or not JSON
 */
export function parseJson(bytes: ArrayBuffer | Uint8Array, hint = ''): unknown {
  const text = decodeUtf8(bytes);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw badRequest(`The body is not JSON: ${error instanceof Error ? error.message : error}.${hint}`);
  }
}

function decodeUtf8(bytes: ArrayBuffer | Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw badRequest('The body is not UTF-8.');
  }
}

export interface FieldOptions {
  /** The fields there are; a body of plain text is the first of them. */
  readonly fields: readonly [string, ...string[]];
  /** A body that is right, for messages. */
  readonly example: string;
}

/**
 * Reads a body: a JSON object, or plain text.
 * @throws ServiceError 415 for another type; 400 when it cannot be read, or has a field that there is not
 */
export async function readFields(c: Context, { fields, example }: FieldOptions): Promise<Fields> {
  const type = contentType(c) ?? 'text/plain';
  if (type !== 'text/plain' && type !== 'application/json') {
    throw new ServiceError(
      415,
      `A text is expected, not ${type}. Send ${example} with Content-Type: application/json, or the text itself as text/plain.`,
    );
  }
  const bytes = await c.req.arrayBuffer();
  if (type === 'text/plain') return new Fields({ [fields[0]]: decodeUtf8(bytes) }, example);
  const hint = ` Expected JSON such as ${example}.`;
  const value = parseJson(bytes, hint);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw badRequest(`The body should be an object.${hint}`);
  const unknown = Object.keys(value).find((name) => !fields.includes(name));
  if (unknown !== undefined) {
    throw badRequest(`There is no field ${quoted(unknown)}; there is ${fields.join(', ')}.${hint}`);
  }
  return new Fields(value, example);
}

/** The fields of a body. What is left out is undefined; each method throws ServiceError 400 where a value is not what it should be. */
export class Fields {
  readonly #values: ReadonlyMap<string, unknown>;
  readonly #example: string;

  constructor(values: object, example: string) {
    this.#values = new Map<string, unknown>(Object.entries(values));
    this.#example = example;
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** A text that must be there. */
  text(name: string): string {
    const value = this.#values.get(name);
    if (typeof value === 'string') return value;
    throw this.#wrong(name, 'a text');
  }

  /** A list of texts that must be there. */
  texts(name: string): string[] {
    const value = this.#values.get(name);
    if (Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === 'string'))
      return value;
    throw this.#wrong(name, 'a list of texts');
  }

  number(name: string, least: number, most: number): number | undefined {
    const value = this.#values.get(name);
    if (value === undefined) return undefined;
    if (typeof value === 'number' && value >= least && value <= most) return value;
    throw this.#wrong(name, `a number from ${least} to ${most}`);
  }

  wholeNumber(name: string, least: number, most: number): number | undefined {
    const value = this.number(name, least, most);
    if (value === undefined || Number.isInteger(value)) return value;
    throw this.#wrong(name, `a whole number from ${least} to ${most}`);
  }

  /** Default: false. */
  flag(name: string): boolean {
    const value = this.#values.get(name) ?? false;
    if (typeof value !== 'boolean') throw this.#wrong(name, 'true or false');
    return value;
  }

  #wrong(name: string, expected: string): ServiceError {
    const found = quoted(this.#values.get(name));
    return badRequest(
      `${name} should be ${expected}, but it is ${found}. Expected JSON such as ${this.#example}.`,
    );
  }
}

/** What a request's file should be. */
export interface FileKind {
  /** What it is called. */
  readonly what: string;
  /** How its media type begins. */
  readonly types: string;
  /** A media type, for messages. */
  readonly example: string;
}

export const pictureFile: FileKind = { what: 'picture', types: 'image/', example: 'image/png' };

export const soundFile: FileKind = { what: 'sound', types: 'audio/', example: 'audio/wav' };

/** The most pixels of a picture: those of a good camera, decoded 150 MB. */
export const maxPixels = 50_000_000;

/** The file in a request: its body, or the first file of a form. @throws ServiceError as `filesOf` does */
export async function fileBytes(c: Context, expected: FileKind): Promise<Uint8Array> {
  return (await filesOf(c, expected))[0]!;
}

/**
 * The files in a request: its body, or all files of a form.
 * @returns at least one
 * @throws ServiceError when there is none, or it is of another type
 */
export async function filesOf(c: Context, { what, types, example }: FileKind): Promise<Uint8Array[]> {
  const type = contentType(c);
  if (type === 'multipart/form-data') {
    const form = await c.req.formData().catch((error: Error) => {
      throw badRequest(`The form cannot be read: ${error.message}.`);
    });
    const files = [...form.values()].filter((value) => value instanceof File);
    if (files.length === 0) throw badRequest(`The form has no file. Send the ${what} as a file field.`);
    return Promise.all(files.map(async (file) => new Uint8Array(await file.arrayBuffer())));
  }
  if (type !== undefined && type !== 'application/octet-stream' && !type.startsWith(types)) {
    throw new ServiceError(
      415,
      `A ${what} is expected, not ${type}. Send its bytes with Content-Type: ${example} (or the like), or as a file of a form.`,
    );
  }
  return [new Uint8Array(await c.req.arrayBuffer())];
}
