import { quoted, ServiceError } from '../errors.js';
import { contentType, parseJson } from '../reading.js';
import type { ModelContext } from '../routes.js';
import { wrongField } from './faults.js';

/**
 * The JSON object in a request of OpenAI's API. Fields that are not known are left alone, as clients send many; each method throws
 * ServiceError 400 where a value is not what it should be. Null counts as left out.
 */
export class Body {
  readonly #values: ReadonlyMap<string, unknown>;

  constructor(values: object) {
    this.#values = new Map(Object.entries(values).filter(([, value]) => value !== null));
  }

  /** @throws ServiceError 400 when the body is no JSON object, 415 when it is said to be something else */
  static async read(c: ModelContext): Promise<Body> {
    const type = contentType(c) ?? 'application/json';
    if (type !== 'application/json') {
      throw new ServiceError(
        415,
        `JSON is expected, not ${type}. Send it with Content-Type: application/json.`,
      );
    }
    const value = parseJson(await c.req.arrayBuffer());
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new ServiceError(400, 'The body should be an object.');
    return new Body(value);
  }

  get(name: string): unknown {
    return this.#values.get(name);
  }

  /** A text that must be there. */
  text(name: string): string {
    const value = this.get(name);
    if (typeof value === 'string') return value;
    throw this.wrong(name, 'a text');
  }

  /** A text, or a list of at least one and at most `most` texts, that must be there. */
  texts(name: string, most: number): string[] {
    const value = this.get(name);
    if (typeof value === 'string') return [value];
    if (isTexts(value) && value.length > 0 && value.length <= most) return value;
    throw this.wrong(name, `a text or a list of 1 to ${most} texts`);
  }

  number(name: string, least: number, most: number): number | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    if (typeof value === 'number' && value >= least && value <= most) return value;
    throw this.wrong(name, `a number from ${least} to ${most}`);
  }

  wholeNumber(name: string, least: number, most: number): number | undefined {
    const value = this.number(name, least, most);
    if (value === undefined || Number.isInteger(value)) return value;
    throw this.wrong(name, `a whole number from ${least} to ${most}`);
  }

  /** Default: false. */
  flag(name: string): boolean {
    const value = this.get(name) ?? false;
    if (typeof value === 'boolean') return value;
    throw this.wrong(name, 'true or false');
  }

  /** One of some words; the first where it is left out. */
  choice<Word extends string>(name: string, words: readonly [Word, ...Word[]]): Word {
    const value = this.get(name) ?? words[0];
    const found = words.find((word) => word === value);
    if (found !== undefined) return found;
    throw this.wrong(name, `one of ${words.join(', ')}`);
  }

  /**
   * Refuses fields that would change the answer and are not heeded.
   * @param neutral values of them that change nothing
   */
  refuse(neutral: Readonly<Record<string, readonly unknown[]>>): void {
    for (const [name, harmless] of Object.entries(neutral)) {
      const value = this.get(name);
      const isEmpty = Array.isArray(value) ? value.length === 0 : value === undefined;
      if (isEmpty || harmless.includes(value)) continue;
      throw wrongField(name, `'${name}' is not supported here: leave it out.`, 'unsupported_parameter');
    }
  }

  wrong(name: string, expected: string): ServiceError {
    return wrongField(name, `'${name}' should be ${expected}, but it is ${quoted(this.get(name))}.`);
  }
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}
