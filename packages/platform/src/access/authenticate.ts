import { ServiceError } from '../server/errors.js';
import type { Database } from '../store/database.js';
import { noteRequest } from '../watching/index.js';
import { checkKey, type Principal } from './keys.js';

/** Finds out who asks. @throws ServiceError 401 saying what is wrong with the key */
export type Authenticate = (request: Request) => Promise<Principal>;

/**
 * Knows people by the key in `Authorization: Bearer mw_...`.
 * @param withoutKey who asks where no key is sent; without it everybody needs a key
 */
export function authenticateByKey(db: Database, withoutKey?: Principal): Authenticate {
  return async (request) => {
    const given = request.headers.get('Authorization');
    if (given === null && withoutKey) {
      noteWho(withoutKey);
      return withoutKey;
    }
    const text = /^Bearer (\S+)$/i.exec(given ?? '')?.[1];
    const checked = text ? await checkKey(db, text) : { refused: 'Send a key: Authorization: Bearer mw_...' };
    if ('refused' in checked) throw new ServiceError(401, checked.refused, { 'WWW-Authenticate': 'Bearer' });
    noteWho(checked.principal);
    return checked.principal;
  };
}

function noteWho({ name, project, key }: Principal): void {
  noteRequest({ by: name, project, ...(key !== undefined && { key }) });
}
