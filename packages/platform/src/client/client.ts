import { createReadStream, createWriteStream } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import type { z } from '@hono/zod-openapi';
import { Unpack } from 'tar';
import type * as jobSchemas from '../api/jobSchemas.js';
import type * as schemas from '../api/schemas.js';
import { packFolder } from '../registry/archive.js';
import { projectHeader } from '../store/projects.js';
import { readEvents, type ServerEvent } from './events.js';

export type Run = z.infer<typeof schemas.run>;
export type RunPage = z.infer<typeof schemas.runPage>;
export type Model = z.infer<typeof schemas.model>;
export type Version = z.infer<typeof schemas.version>;
export type Key = z.infer<typeof schemas.key>;
export type DriftView = z.infer<typeof schemas.driftView>;
export type Usage = z.infer<typeof schemas.usageRow>;
export type Quota = z.infer<typeof schemas.quota>;
export type User = z.infer<typeof schemas.user>;
export type Line = z.infer<typeof schemas.line>;
export type Curve = z.infer<typeof schemas.curve>;
export type RunFile = z.infer<typeof schemas.file>;
export type Job = z.infer<typeof jobSchemas.job>;
export type JobPage = z.infer<typeof jobSchemas.jobPage>;
export type NewJob = z.infer<typeof jobSchemas.newJob>;
export type Claimed = z.infer<typeof jobSchemas.claimed>;
export type Upload = z.infer<typeof jobSchemas.upload>;

/** Where a platform is, and what opens it. */
export interface ClientOptions {
  /** Such as `http://127.0.0.1:8080`. Default: the environment's MODELWRIGHT_SERVER, or that address. */
  readonly server?: string | undefined;
  /** Default: the environment's MODELWRIGHT_KEY. */
  readonly key?: string | undefined;
  /** Milliseconds to wait for the answer to what is no upload. Default: as long as it takes. */
  readonly timeout?: number | undefined;
  /** The project to ask for: of the platform's own workers alone, who work for all. */
  readonly project?: string | undefined;
}

/** The platform refused, or did not answer. */
export class ClientError extends Error {
  override readonly name = 'ClientError';
  /** The HTTP status; undefined where there was no answer. */
  readonly status: number | undefined;

  constructor(message: string, status?: number, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

/** What follows `?` in an address; what is undefined is left out. */
type Query = Readonly<Record<string, string | number | undefined>>;

/** Asks a platform over HTTP. @see GET /api/openapi.json of the server for all that it can be asked */
export class PlatformClient {
  readonly server: string;
  readonly #key: string | undefined;
  readonly #timeout: number | undefined;
  readonly #project: string | undefined;

  constructor({ server, key, timeout, project }: ClientOptions = {}) {
    this.server = (server ?? process.env.MODELWRIGHT_SERVER ?? 'http://127.0.0.1:8080').replace(/\/+$/, '');
    this.#key = key ?? process.env.MODELWRIGHT_KEY;
    this.#timeout = timeout;
    this.#project = project;
  }

  /** @throws ClientError saying what the server said, or that it does not answer */
  get<Result>(path: string, query: Query = {}): Promise<Result> {
    return this.#json('GET', withQuery(path, query));
  }

  /** What is no JSON, as text. */
  async text(path: string, query: Query = {}): Promise<string> {
    return (await this.#send('GET', withQuery(path, query))).text();
  }

  post<Result>(path: string, body: object = {}): Promise<Result> {
    return this.#json('POST', path, body);
  }

  put<Result>(path: string, body: object): Promise<Result> {
    return this.#json('PUT', path, body);
  }

  delete(path: string, query: Query = {}): Promise<void> {
    return this.#json('DELETE', withQuery(path, query));
  }

  /** Sends bytes, or the content of a file. */
  async send<Result>(
    method: 'POST' | 'PUT',
    path: string,
    content: Uint8Array | Readable | string,
    type = 'application/octet-stream',
  ): Promise<Result> {
    if (typeof content === 'string') await access(content);
    const stream = typeof content === 'string' ? createReadStream(content) : content;
    const body = stream instanceof Readable ? Readable.toWeb(stream) : new Uint8Array(stream);
    const response = await this.#send(method, path, { body: body as RequestInit['body'], type });
    return this.#read(response);
  }

  /** Asks a deployed model about a picture, a sound, or JSON. */
  async predict(model: string, content: Uint8Array, type: string): Promise<unknown> {
    const path = `/api/models/${encodeURIComponent(model)}/predict`;
    const response = await this.#send('POST', path, { body: new Uint8Array(content), type });
    return response.headers.get('Content-Type')?.includes('json') ? response.json() : response.arrayBuffer();
  }

  /** Sends the content of a file of a run. */
  putFile(run: string, path: string, content: Uint8Array | string): Promise<void> {
    return this.send('PUT', `/api/runs/${run}/files/${encodeURIComponent(path)}`, content);
  }

  /** Writes the bytes that are at a path into a file. */
  async download(path: string, file: string): Promise<void> {
    await this.#receive(await this.#send('GET', path), createWriteStream(file));
  }

  /** Server-sent events, until the server ends them. */
  async *events(path: string): AsyncGenerator<ServerEvent> {
    const response = await this.#send('GET', path);
    try {
      yield* readEvents(response.body!);
    } catch (cause) {
      throw this.#silent(cause);
    }
  }

  /** Publishes a saved model's folder as the next version of a model. */
  publish(
    name: string,
    directory: string,
    details: { readonly description?: string; readonly run?: string; readonly tags?: readonly string[] } = {},
  ): Promise<Version> {
    const { tags = [], ...more } = details;
    const given = new URLSearchParams(more);
    for (const tag of tags) given.append('tag', tag);
    const query = given.toString();
    const path = `/api/models/${encodeURIComponent(name)}/versions${query && `?${query}`}`;
    return this.send('POST', path, packFolder(directory), 'application/x-tar');
  }

  /** Writes a version's files into a new folder. */
  pull(name: string, version: string, folder: string): Promise<void> {
    return this.unpack(
      `/api/models/${encodeURIComponent(name)}/versions/${encodeURIComponent(version)}/archive`,
      folder,
    );
  }

  /** Unpacks the tar archive that is at a path into a new folder. */
  async unpack(path: string, folder: string): Promise<void> {
    const response = await this.#send('GET', path);
    await mkdir(folder, { recursive: true });
    await this.#receive(response, new Unpack({ cwd: folder, strict: true, preserveOwner: false }));
  }

  async #receive(response: Response, into: NodeJS.WritableStream): Promise<void> {
    try {
      await pipeline(Readable.fromWeb(response.body as NodeReadableStream<Uint8Array>), into);
    } catch (error) {
      throw isCutOff(error) ? this.#silent(error) : error;
    }
  }

  async #json<Result>(method: string, path: string, body?: object): Promise<Result> {
    const content = body && { body: JSON.stringify(body), type: 'application/json' };
    const signal = this.#timeout === undefined ? undefined : AbortSignal.timeout(this.#timeout);
    return this.#read(await this.#send(method, path, content, signal));
  }

  async #read<Result>(response: Response): Promise<Result> {
    if (response.status === 204) return undefined as Result;
    return (await response.json().catch((cause: unknown) => {
      throw this.#silent(cause);
    })) as Result;
  }

  /** The server cannot be reached, or broke off in the middle of its answer. */
  #silent(cause: unknown): ClientError {
    return new ClientError(
      `${this.server} does not answer. Is 'modelwright up' running there? See --server and MODELWRIGHT_SERVER.`,
      undefined,
      { cause },
    );
  }

  async #send(
    method: string,
    path: string,
    content?: { readonly body: RequestInit['body']; readonly type: string },
    signal?: AbortSignal,
  ): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(`${this.server}${path}`, {
        method,
        headers: {
          ...(this.#key && { Authorization: `Bearer ${this.#key}` }),
          ...(this.#project !== undefined && { [projectHeader]: this.#project }),
          ...(content && { 'Content-Type': content.type }),
        },
        ...(content && { body: content.body ?? null, duplex: 'half' }),
        ...(signal && { signal }),
      });
    } catch (cause) {
      throw this.#silent(cause);
    }
    if (response.ok) return response;
    const said = await response.json().then(
      (json) => (json as { readonly error?: unknown }).error,
      () => undefined,
    );
    const hint = response.status === 401 ? ' See --key and MODELWRIGHT_KEY.' : '';
    throw new ClientError(
      `${typeof said === 'string' ? said : `${this.server} answered ${response.status}.`}${hint}`,
      response.status,
    );
  }
}

function withQuery(path: string, query: Query): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) given.set(name, String(value));
  const text = given.toString();
  return `${path}${text && `?${text}`}`;
}

/** Whether a connection broke in the middle of an answer. */
function isCutOff(error: unknown): boolean {
  const { message, code = '' } = error as NodeJS.ErrnoException;
  return message === 'terminated' || code === 'ECONNRESET' || code.startsWith('UND_ERR');
}
