import { randomUUID } from 'node:crypto';
import { type RequestHead, type RequestNotes, withinRequest } from './request.js';
import type { Tracing } from './trace.js';

/** A request that has been answered, with all that became known of it. */
export interface Answered extends Omit<RequestNotes, 'span'> {
  readonly status: number;
  /** Path of the address, without what follows `?`. */
  readonly path: string;
  /** Bytes of its body, as far as it said how many. */
  readonly bytes: number;
  /** Seconds from its coming to the end of the answer; of answers that are files, to their beginning. */
  readonly seconds: number;
}

/** Told of each request once it is answered. It must not throw. */
export type Observer = (answered: Answered) => void;

/** Says which request an answer belongs to. */
export const idHeader = 'X-Request-Id';

/** A request that is being watched. */
export interface Watched {
  readonly notes: RequestNotes;
  /** It is answered with a status; further calls count for nothing. */
  over(status: number): void;
}

/** Begins to watch a request. It keeps the id in its `X-Request-Id`, or gets one. */
export type Watch = (request: RequestHead) => Watched;

/** Watches requests, and tells observers of each that is answered. */
export function watcher(observers: readonly Observer[], tracing?: Tracing): Watch {
  return (request) => {
    const began = performance.now();
    const given = request.headers.get(idHeader);
    const notes: RequestNotes = {
      id: given !== null && /^[\w.:/-]{1,128}$/.test(given) ? given : randomUUID(),
      method: request.method,
      span: tracing?.begin(request),
    };
    let isOver = false;
    return {
      notes,
      over(status) {
        if (isOver) return;
        isOver = true;
        const seconds = (performance.now() - began) / 1000;
        const path = pathOf(request.url);
        const bytes = Number(request.headers.get('Content-Length')) || 0;
        const answered: Answered = Object.assign(notes, { status, path, bytes, seconds });
        for (const observer of observers) observer(answered);
        notes.span?.end(notes, status);
      },
    };
  };
}

/**
 * Answers requests that are watched; the answer says the request's id. An answer that streams events is over when its last event is
 * sent, or when the client goes.
 */
export function observed(
  answer: (request: Request) => Promise<Response>,
  watch: Watch,
): (request: Request) => Promise<Response> {
  return async (request) => {
    const { notes, over } = watch(request);
    let response: Response;
    try {
      response = await withinRequest(notes, () => answer(request));
    } catch (error) {
      over(500);
      throw error;
    }
    response.headers.set(idHeader, notes.id);
    if (response.body && response.headers.get('Content-Type')?.startsWith('text/event-stream')) {
      return atItsEnd(response, () => over(response.status));
    }
    over(response.status);
    return response;
  };
}

/** The path of an absolute address. */
function pathOf(url: string): string {
  const begin = url.indexOf('/', url.indexOf('//') + 2);
  const end = url.slice(begin).search(/[?#]/);
  return end < 0 ? url.slice(begin) : url.slice(begin, begin + end);
}

/** The same response, whose body tells when it is read to its end or is no longer wanted. */
function atItsEnd(response: Response, ended: () => void): Response {
  const reader = response.body!.getReader();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await reader.read();
      if (!done) return controller.enqueue(value);
      ended();
      controller.close();
    },
    async cancel(reason) {
      ended();
      await reader.cancel(reason);
    },
  });
  const { status, headers } = response;
  return new Response(body, { status, headers });
}
