// The process in which sessions live.
import { endWithParent } from './endWithParent.js';
import { hostSessions, type SessionRequest } from './sessionHost.js';

endWithParent();
// Each answer by itself: when the process dies, it is known at which request.
const take = hostSessions((replies) => process.send!(replies), false);
process.on('message', (requests) => take(requests as readonly SessionRequest[]));
