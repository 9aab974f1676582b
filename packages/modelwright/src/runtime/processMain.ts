// The process in which sessions live.
import { endWithParent } from './endWithParent.js';
import { hostSessions, type SessionRequest } from './sessionHost.js';

endWithParent();
const take = hostSessions((replies) => process.send!(replies));
process.on('message', (requests) => take(requests as readonly SessionRequest[]));
