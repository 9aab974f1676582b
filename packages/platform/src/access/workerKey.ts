import { randomBytes, timingSafeEqual } from 'node:crypto';
import { everyProject, projectHeader } from '../store/projects.js';
import { noteRequest } from '../watching/index.js';
import type { Authenticate } from './authenticate.js';

/**
 * Lets the platform's own workers in, by a key that is made anew at each start and is written nowhere.
 * @returns the key, and who knows it and whom `others` knows
 */
export function withWorkerKey(others: Authenticate): {
  readonly key: string;
  readonly authenticate: Authenticate;
} {
  const key = randomBytes(24).toString('hex');
  const expected = Buffer.from(`Bearer ${key}`);
  return {
    key,
    async authenticate(request) {
      const given = Buffer.from(request.headers.get('Authorization') ?? '');
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) return others(request);
      const project = request.headers.get(projectHeader) ?? everyProject;
      noteRequest({ by: 'local worker', project });
      return { name: 'local worker', project, role: 'worker' };
    },
  };
}
