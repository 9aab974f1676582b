// The thread in which sessions live.
import { parentPort } from 'node:worker_threads';
import { hostSessions, type SessionRequest } from './sessionHost.js';

const take = hostSessions((replies) => parentPort!.postMessage(replies), true);

parentPort!.on('message', (requests: readonly SessionRequest[] | 'end') => {
  if (requests === 'end') parentPort!.close();
  else take(requests);
});
