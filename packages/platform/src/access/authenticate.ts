import { ServiceError } from '../server/errors.js';
import type { Database } from '../store/database.js';
import { noteRequest, type RequestHead } from '../watching/index.js';
import type { Keyring } from './keyring.js';
import type { Principal } from './keys.js';
import { principalOfSession, tokenOf } from './sessions.js';

/** Finds out who asks. @throws ServiceError 401 saying what is wrong with the key */
export type Authenticate = (request: RequestHead) => Promise<Principal>;

/**
 * Knows programs by the key in `Authorization: Bearer mw_...`, and people by the session in their cookie.
 * @param withoutKey who asks where neither is sent, on this machine; without it everybody needs a key
 */
export function authenticateByKey(db: Database, keyring: Keyring, withoutKey?: Principal): Authenticate {
  const find = async (request: RequestHead): Promise<Principal> => {
    const given = request.headers.get('Authorization');
    const token = given === null ? tokenOf(request) : undefined;
    if (token !== undefined) return principalOfSession(db, request, token);
    if (given === null && withoutKey) {
      requireHere(request);
      return withoutKey;
    }
    const text = /^Bearer (\S+)$/i.exec(given ?? '')?.[1];
    const checked = text
      ? await keyring.check(text)
      : { refused: 'Send a key: Authorization: Bearer mw_...' };
    if ('refused' in checked) throw new ServiceError(401, checked.refused, { 'WWW-Authenticate': 'Bearer' });
    return checked.principal;
  };
  return async (request) => {
    const principal = await find(request);
    const { name, project, key } = principal;
    noteRequest({ by: name, project, ...(key !== undefined && { key }) });
    return principal;
  };
}

/** Names of this machine alone. */
const here = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/**
 * Where no key is asked for, a page of another site must not use the browser of whoever runs the platform to ask it.
 * @throws ServiceError 403 for requests to other names than this machine's own, or from pages of other sites
 */
function requireHere(request: RequestHead): void {
  const origin = request.headers.get('Origin');
  const names = [new URL(request.url).hostname, ...(origin === null ? [] : [hostOf(origin)])];
  const strange = names.find((name) => !here.test(name));
  if (strange === undefined) return;
  throw new ServiceError(
    403,
    `Without keys the platform answers this machine alone, not '${strange.slice(0, 100)}'.`,
  );
}

function hostOf(origin: string): string {
  try {
    return new URL(origin).hostname;
  } catch {
    return origin;
  }
}
