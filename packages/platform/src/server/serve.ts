import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { type AppOptions, createApp, serverContext } from './app.js';
import { type DirectAnswer, directInference } from './directInference.js';
import { fixedModels } from './modelSource.js';
import { acceptStream, openStreams } from './soundStreams.js';

export interface ServeOptions extends Omit<AppOptions, 'isReady'> {
  /** Default: 8080. 0 takes any port that is free. */
  readonly port?: number | undefined;
  /** Address to listen at. Default: 127.0.0.1, which only this machine reaches. */
  readonly host?: string | undefined;
}

/** A server that is listening. */
export interface RunningServer {
  readonly url: string;
  /**
   * Stops: takes no new connections, answers the requests that have come, frees the models.
   * @param grace milliseconds after which open connections are cut; default 10,000
   */
  close(grace?: number): Promise<void>;
}

/** A server that listens, whatever it answers. */
export interface Listening {
  readonly url: string;
  /** Takes no new connections, and waits for the requests that have come; after `grace` milliseconds they are cut. */
  close(grace?: number): Promise<void>;
}

export interface ListenOptions extends Pick<ServeOptions, 'port' | 'host'> {
  /** Takes the WebSockets that are opened. */
  readonly streams?: ((server: Server) => { close(): void }) | undefined;
  /** Answers some requests straight from Node's messages, and says whether it does. */
  readonly direct?: DirectAnswer | undefined;
}

/** Answers requests at an address with a function. @throws Error when the port is taken, naming it */
export async function listenWith(
  fetch: (request: Request) => Response | Promise<Response>,
  { port = 8080, host = '127.0.0.1', streams, direct }: ListenOptions,
): Promise<Listening> {
  const listener = getRequestListener(fetch, { hostname: host, overrideGlobalObjects: false });
  const server = createServer((incoming, outgoing) => {
    if (!direct?.(incoming, outgoing)) void listener(incoming, outgoing);
  });
  const open = streams?.(server);
  await listen(server, port, host);
  const { address, family, port: actual } = server.address() as AddressInfo;
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${actual}`,
    async close(grace = 10_000) {
      open?.close();
      const closed = new Promise((resolve) => server.close(resolve));
      const cut = setTimeout(() => server.closeAllConnections(), grace);
      await closed;
      clearTimeout(cut);
    },
  };
}

/**
 * Serves models over HTTP. The models are the server's from then on: it frees them when it closes.
 * @throws Error when the port is taken, naming it
 */
export async function serve(options: ServeOptions): Promise<RunningServer> {
  const { port, host, ...appOptions } = options;
  let ready = true;
  const settings = { ...appOptions, isReady: () => ready };
  const app = createApp(settings);
  const models = fixedModels(options.models);
  const accept = (request: Request) => acceptStream(app.fetch, request);
  const listening = await listenWith((request) => app.fetch(request), {
    ...{ port, host },
    streams: (server) => openStreams(server, { ...appOptions, accept }),
    direct: directInference(() => models, serverContext(settings)),
  });
  return {
    url: listening.url,
    async close(grace) {
      ready = false;
      await listening.close(grace);
      for (const model of options.models) await model.release();
    },
  };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(explained(error, port, host)));
    server.listen(port, host, resolve);
  });
}

function explained(error: NodeJS.ErrnoException, port: number, host: string): Error {
  if (error.code === 'EADDRINUSE') {
    return new Error(`Port ${port} is in use. Choose another one, such as --port ${port + 1}.`, {
      cause: error,
    });
  }
  if (error.code === 'EACCES') {
    return new Error(`Port ${port} may not be used without special rights. Choose one above 1023.`, {
      cause: error,
    });
  }
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND') {
    return new Error(`${host} is not an address of this machine.`, { cause: error });
  }
  return error;
}
