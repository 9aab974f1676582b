import { randomUUID } from 'node:crypto';
import { type RequestNotes, withinRequest } from './request.js';
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

const idHeader = 'X-Request-Id';

/**
 * Answers requests, and tells observers of each. A request keeps the id in its `X-Request-Id`, or gets one; the answer says it. An
 * answer that streams events is over when its last event is sent, or when the client goes.
 */
export function observed(
  answer: (request: Request) => Promise<Response>,
  observers: readonly Observer[],
  tracing?: Tracing,
): (request: Request) => Promise<Response> {
  return async (request) => {
    const began = performance.now();
    const given = request.headers.get(idHeader);
    const notes: RequestNotes = {
      id: given !== null && /^[\w.:/-]{1,128}$/.test(given) ? given : randomUUID(),
      method: request.method,
      span: tracing?.begin(request),
    };
    const over = (status: number): void => {
      const seconds = (performance.now() - began) / 1000;
      const { pathname: path } = new URL(request.url);
      const { span, ...known } = notes;
      const bytes = Number(request.headers.get('Content-Length')) || 0;
      for (const observer of observers) observer({ ...known, status, path, bytes, seconds });
      span?.end(notes, status);
    };
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
