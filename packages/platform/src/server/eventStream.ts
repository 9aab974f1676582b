import { limitsOf, type ServerContext } from './routes.js';
import type { AnswerContext } from './tasks/task.js';

const headers = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-cache',
  'X-Accel-Buffering': 'no', // A proxy should pass each event on as it comes.
};

/**
 * An answer as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html), each a line of JSON: the pieces
 * as they are made, then the answer. A client that reads slowly does not hold the work up; one that goes ends it. When the time is
 * up the work is told so, and gives the answer that it has.
 * @throws what the work throws before its first piece; later the last event is `{"error": "..."}`
 */
export async function eventStream(
  server: ServerContext,
  request: Request,
  work: (context: AnswerContext) => Promise<object>,
): Promise<Response> {
  const limits = limitsOf(server, request);
  let stream: ReadableStreamDefaultController<Uint8Array> | undefined;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      stream = controller;
    },
    cancel() {
      stream = undefined;
      limits.cancel();
    },
  });
  const encoder = new TextEncoder();
  const write = (event: object): void =>
    stream?.enqueue(encoder.encode(`data: ${JSON.stringify(event)}\n\n`));
  await new Promise<void>((begin, fail) => {
    let begun = false;
    const send = (event: object): void => {
      begun = true;
      write(event);
      begin();
    };
    work({ signal: limits.signal, send })
      .then(send, (error: Error) => {
        if (begun) write({ error: server.faultOf(error, request.signal).message });
        else fail(error);
      })
      .finally(() => {
        limits.done();
        stream?.close();
      });
  });
  return new Response(body, { headers });
}
