// The thread in which sessions live. Requests are served one after another.
import { parentPort } from 'node:worker_threads';
import { ortCpu, ortWebgpu } from './ortNode.js';
import { fromParcel, toParcel } from './parcel.js';
import type { Executable } from './runtime.js';
import type { ThreadReply, ThreadRequest } from './thread.js';

const sessions = new Map<number, Executable>();
let last: Promise<void> = Promise.resolve();

async function serve(request: ThreadRequest): Promise<ThreadReply> {
  if (request.kind === 'open') {
    const runtime = request.device === 'webgpu' ? ortWebgpu : ortCpu;
    sessions.set(request.session, await runtime.open(request.model, request.options));
    return { id: request.id, outputs: [] };
  }
  const session = sessions.get(request.session);
  if (!session) throw new Error('This session has been released.');
  if (request.kind === 'run') {
    const outputs = await session.run(request.inputs.map(fromParcel));
    return { id: request.id, outputs: outputs.map(toParcel) };
  }
  sessions.delete(request.session);
  await session.release();
  return { id: request.id, outputs: [] };
}

parentPort!.on('message', (request: ThreadRequest | 'end') => {
  if (request === 'end') {
    parentPort!.close();
    return;
  }
  last = last.then(async () => {
    try {
      parentPort!.postMessage(await serve(request));
    } catch (error) {
      parentPort!.postMessage({
        id: request.id,
        error: error instanceof Error ? error.message : String(error),
      });
    }
  });
});
