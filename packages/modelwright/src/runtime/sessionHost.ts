// Sessions of ONNX Runtime that are asked by messages, in a thread or a process of their own.
import { ortCpu, ortWebgpu } from './ortNode.js';
import { fromParcel, type Parcel, toParcel } from './parcel.js';
import type { CompileOptions, Device, Executable } from './runtime.js';

export type SessionRequest =
  | {
      readonly kind: 'open';
      readonly id: number;
      /** The number that it is to have. */
      readonly session: number;
      readonly model: Uint8Array;
      readonly device: Device;
      readonly options: CompileOptions;
    }
  | {
      readonly kind: 'run';
      readonly id: number;
      readonly session: number;
      readonly inputs: readonly Parcel[];
    }
  | { readonly kind: 'release'; readonly id: number; readonly session: number };

export type SessionReply =
  | {
      readonly id: number;
      readonly outputs: readonly Parcel[];
      /** That the run took, in the thread. */
      readonly milliseconds: number;
    }
  | { readonly id: number; readonly error: string };

/**
 * Does what is asked, one request after another.
 * @param together whether those of one message are answered in one, and not each when it is done
 * @returns what takes a message
 */
export function hostSessions(
  reply: (replies: readonly SessionReply[]) => void,
  together: boolean,
): (requests: readonly SessionRequest[]) => void {
  const sessions = new Map<number, Executable>();
  let last: Promise<void> = Promise.resolve();
  const serve = async (request: SessionRequest): Promise<SessionReply> => {
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
  };
  const replyTo = (request: SessionRequest): Promise<SessionReply> =>
    serve(request).catch((error: unknown) => ({
      id: request.id,
      error: error instanceof Error ? error.message : String(error),
    }));
  return (requests) => {
    last = last.then(async () => {
      const replies: SessionReply[] = [];
      for (const request of requests) {
        replies.push(await replyTo(request));
        if (!together) reply(replies.splice(0));
      }
      if (together) reply(replies);
    });
  };
}
