import { badRequest } from './errors.js';

/** Whether a text is whole characters other than NUL: what a database can keep. */
export const isText = (text: string): boolean => !text.includes('\0') && !/\p{Surrogate}/u.test(text);

/** @throws ServiceError 400 for an address that cannot be decoded, or has characters that are none */
export function requireAddress(url: string): void {
  const { pathname, searchParams } = new URL(url);
  for (const [name, value] of [['path', decoded(pathname)], ...searchParams]) {
    if (!isText(name!) || !isText(value!))
      throw badRequest(`The address has characters that are none, in '${name}'.`);
  }
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw badRequest('The address cannot be decoded: it is not UTF-8 with % escapes.');
  }
}
