// Sound that arrives over WebSockets: bytes in, JSON out.
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { ModelAppOptions } from './app.js';
import { badRequest, toServiceError } from './errors.js';
import type { AcceptedStream, ModelEnvironment } from './modelSource.js';
import type { SoundStream } from './tasks/task.js';

export interface SoundStreamsOptions extends Pick<ModelAppOptions, 'maxBodyBytes' | 'timeout' | 'onError'> {
  /** The model of a request for a stream, or what is answered where there is none. */
  readonly accept: (request: Request) => Promise<AcceptedStream | Response>;
}

/** Asks an app for the model of a request for a stream. */
export async function acceptStream(
  fetch: (request: Request, bindings: ModelEnvironment['Bindings']) => Response | Promise<Response>,
  request: Request,
): Promise<AcceptedStream | Response> {
  const taken: AcceptedStream[] = [];
  const response = await fetch(request, { takeStream: (accepted) => taken.push(accepted) });
  return taken[0] ?? response;
}

/** Codes of closing, of RFC 6455. */
const closing = { done: 1000, away: 1001, unwanted: 1008, fault: 1011 } as const;

/**
 * Takes WebSockets at /models/NAME/stream?sampleRate=8000. Binary messages are raw samples (16 bits, little-endian, one channel); the
 * text message "end" ends the sound. Each change of what has been heard is sent as {"text"}, at the end {"text", "words", "seconds",
 * "final": true}; what is wrong as {"error"}. A stream that is silent for as long as a request may take is closed.
 */
export function openStreams(server: Server, options: SoundStreamsOptions): { close(): void } {
  const { accept, maxBodyBytes = 10 * 2 ** 20 } = options;
  const sockets = new WebSocketServer({ noServer: true, maxPayload: maxBodyBytes });
  const upgrade = async (request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> => {
    const address = new URL(request.url ?? '/', `http://${request.headers.host ?? 'localhost'}`);
    const accepted = await accept(new Request(address, { headers: headersOf(request) }));
    if (accepted instanceof Response) {
      socket.end(await written(accepted));
      return;
    }
    if (socket.destroyed) return accepted.done();
    socket.once('close', () => accepted.done());
    sockets.handleUpgrade(request, socket, head, (opened) => {
      const query = (name: string): string | undefined => address.searchParams.get(name) ?? undefined;
      listenTo(opened, () => accepted.model.predictor!.stream!(query), options);
    });
  };
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    upgrade(request, socket, head).catch((error: Error) => {
      (options.onError ?? console.error)(error);
      socket.destroy();
    });
  });
  return {
    close() {
      for (const client of sockets.clients) client.close(closing.away, 'The server stops.');
    },
  };
}

/** An answer as HTTP/1.1 writes it, after which the connection ends. */
async function written(response: Response): Promise<string> {
  const body = await response.text();
  const told = [...response.headers].map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return (
    `HTTP/1.1 ${response.status} ${response.statusText || 'Refused'}\r\n${told}` +
    `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`
  );
}

function headersOf({ headers }: IncomingMessage): Record<string, string> {
  const kept = Object.entries(headers).filter(([name]) => !['connection', 'upgrade', 'host'].includes(name));
  return Object.fromEntries(kept.map(([name, value]) => [name, String(value)]));
}

/** Puts messages to a stream one after another, and sends what it hears. */
function listenTo(
  socket: WebSocket,
  open: () => Promise<SoundStream>,
  { timeout = 30_000, onError = console.error }: SoundStreamsOptions,
): void {
  const send = (value: object): void => socket.send(JSON.stringify(value));
  const stream = open();
  stream.catch(() => undefined); // told with the first message, or at once below
  let told = '';
  const fail = (error: Error): void => {
    const { status, message } = toServiceError(error, new AbortController().signal);
    if (status === 500) onError(error);
    send({ error: message });
    socket.close(status === 500 ? closing.fault : closing.unwanted);
  };
  let work: Promise<unknown> = stream.catch(fail);
  let idle: NodeJS.Timeout | undefined;
  const wait = (): void => {
    clearTimeout(idle);
    idle = setTimeout(() => {
      send({ error: `Nothing came for ${timeout} ms.` });
      socket.close(closing.unwanted);
    }, timeout);
  };
  wait();
  socket.on('close', () => clearTimeout(idle));
  socket.on('error', () => socket.terminate());
  socket.on('message', (data: Buffer, isBinary: boolean) => {
    wait();
    socket.pause(); // what comes while the model works waits with the client
    work = work
      .then(async () => {
        if (socket.readyState !== socket.OPEN) return;
        const text = isBinary ? '' : data.toString('utf8').trim();
        if (!isBinary && text !== 'end')
          throw badRequest(`Send samples as bytes, or "end"; not '${text.slice(0, 40)}'.`);
        if (!isBinary) {
          send({ ...(await (await stream).end()), final: true });
          socket.close(closing.done);
          return;
        }
        const heard = await (await stream).write(data);
        const shown = JSON.stringify(heard);
        if (shown !== told) send(heard);
        told = shown;
      })
      .catch(fail)
      .finally(() => socket.resume());
  });
}
