import type { MiddlewareHandler } from 'hono';
import { isText, requireAddress } from '../server/address.js';
import { ServiceError } from '../server/errors.js';
import { parseJson } from '../server/reading.js';

/** The most bytes of a body of JSON. */
const mostBytes = 32 * 2 ** 20;

/**
 * Refuses what no route can take: addresses that cannot be decoded, texts with NUL or halves of characters, which no database keeps,
 * and JSON that is not UTF-8.
 */
export const wellFormed: MiddlewareHandler = async (c, next) => {
  requireAddress(c.req.url);
  if (isJson(c.req.header('Content-Type'))) {
    if (Number(c.req.header('Content-Length') ?? 0) > mostBytes) throw tooLarge();
    const body = await c.req.arrayBuffer();
    if (body.byteLength > mostBytes) throw tooLarge();
    if (body.byteLength > 0) requireTexts(parseJson(body));
  }
  await next();
};

/** Refuses a body that is not said to be JSON. */
export const jsonAlone: MiddlewareHandler = async (c, next) => {
  if (!isJson(c.req.header('Content-Type'))) {
    throw new ServiceError(415, 'JSON is expected: send it with Content-Type: application/json.');
  }
  await next();
};

const isJson = (type: string | undefined): boolean => /^application\/json\s*(;|$)/i.test(type ?? '');

const tooLarge = (): ServiceError =>
  new ServiceError(413, `The body is larger than the ${mostBytes} bytes that are taken.`);

/** Looks at all texts of a value, however deep it is. @throws ServiceError 400 */
function requireTexts(root: unknown): void {
  const left = [root];
  while (left.length > 0) {
    const value = left.pop();
    if (typeof value === 'string' && !isText(value)) {
      throw new ServiceError(
        400,
        `The body has a text with characters that are none: ${JSON.stringify(value).slice(0, 80)}.`,
      );
    }
    if (typeof value !== 'object' || value === null) continue;
    for (const inner of Array.isArray(value) ? value : Object.entries(value).flat()) left.push(inner);
  }
}
