import type { ServiceError } from './errors.js';
import { limitsOf, type ServerContext } from './routes.js';
import type { AnswerContext } from './tasks/task.js';

const headers = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-cache',
  'X-Accel-Buffering': 'no', // A proxy should pass each event on as it comes.
};

/** How a stream ends. */
export interface StreamEnd {
  /** Sent when all went well: the data of a last event. Default: the answer as JSON. */
  readonly done?: string;
  /** What is sent of a fault once the stream has begun. */
  fault(fault: ServiceError): object;
}

const plainEnd: StreamEnd = { fault: ({ message }) => ({ error: message }) };

/**
 * An answer as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html), each a line of JSON: the pieces
 * as they are made, then the answer, or what else ends the stream. A client that reads slowly does not hold the work up; one that goes ends it. When the time is
 * up the work is told so, and gives the answer that it has.
 * @throws what the work throws before its first piece; later the last event tells of the fault
 */
export async function eventStream(
  server: ServerContext,
  request: Request,
  work: (context: AnswerContext) => Promise<object>,
  end: StreamEnd = plainEnd,
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
  const write = (data: string): void => stream?.enqueue(encoder.encode(`data: ${data}\n\n`));
  await new Promise<void>((begin, fail) => {
    let begun = false;
    const sendText = (data: string): void => {
      begun = true;
      write(data);
      begin();
    };
    work({ signal: limits.signal, send: (piece) => sendText(JSON.stringify(piece)) })
      .then(
        (answer) => sendText(end.done ?? JSON.stringify(answer)),
        (error: Error) => {
          if (begun) write(JSON.stringify(end.fault(server.faultOf(error, request.signal))));
          else fail(error);
        },
      )
      .finally(() => {
        limits.done();
        stream?.close();
      });
  });
  return new Response(body, { headers });
}
