// The thread in which sessions live. Requests are served one after another, and those of one message answered in one.
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
    return { id: request.id, outputs: [], milliseconds: 0 };
  }
  const session = sessions.get(request.session);
  if (!session) throw new Error('This session has been released.');
  if (request.kind === 'run') {
    const began = performance.now();
    const outputs = await session.run(request.inputs.map(fromParcel));
    return { id: request.id, outputs: outputs.map(toParcel), milliseconds: performance.now() - began };
  }
  sessions.delete(request.session);
  await session.release();
  return { id: request.id, outputs: [], milliseconds: 0 };
}

parentPort!.on('message', (requests: readonly ThreadRequest[] | 'end') => {
  if (requests === 'end') {
    parentPort!.close();
    return;
  }
  last = last.then(async () => {
    const replies: ThreadReply[] = [];
    for (const request of requests) replies.push(await replyTo(request));
    parentPort!.postMessage(replies);
  });
});

async function replyTo(request: ThreadRequest): Promise<ThreadReply> {
  try {
    return await serve(request);
  } catch (error) {
    return { id: request.id, error: error instanceof Error ? error.message : String(error) };
  }
}
