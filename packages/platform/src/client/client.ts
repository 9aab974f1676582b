import { createReadStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import type { z } from '@hono/zod-openapi';
import { Unpack } from 'tar';
import type * as schemas from '../api/schemas.js';
import { packFolder } from '../registry/archive.js';

export type Run = z.infer<typeof schemas.run>;
export type RunPage = z.infer<typeof schemas.runPage>;
export type Model = z.infer<typeof schemas.model>;
export type Version = z.infer<typeof schemas.version>;
export type Key = z.infer<typeof schemas.key>;
export type Usage = z.infer<typeof schemas.usageRow>;
export type Quota = z.infer<typeof schemas.quota>;
export type User = z.infer<typeof schemas.user>;
export type Line = z.infer<typeof schemas.line>;
export type Curve = z.infer<typeof schemas.curve>;

/** Where a platform is, and what opens it. */
export interface ClientOptions {
  /** Such as `http://127.0.0.1:8080`. Default: the environment's MODELWRIGHT_SERVER, or that address. */
  readonly server?: string | undefined;
  /** Default: the environment's MODELWRIGHT_KEY. */
  readonly key?: string | undefined;
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

  constructor({ server, key }: ClientOptions = {}) {
    this.server = (server ?? process.env.MODELWRIGHT_SERVER ?? 'http://127.0.0.1:8080').replace(/\/+$/, '');
    this.#key = key ?? process.env.MODELWRIGHT_KEY;
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

  /** Sends the content of a file of a run. */
  async putFile(run: string, path: string, content: Uint8Array | string): Promise<void> {
    const body =
      typeof content === 'string' ? Readable.toWeb(createReadStream(content)) : new Uint8Array(content);
    await this.#send('PUT', `/api/runs/${run}/files/${encodeURIComponent(path)}`, {
      body: body as RequestInit['body'],
      type: 'application/octet-stream',
    });
  }

  /** Publishes a saved model's folder as the next version of a model. */
  async publish(
    name: string,
    directory: string,
    details: { readonly description?: string; readonly run?: string; readonly tags?: readonly string[] } = {},
  ): Promise<Version> {
    const { tags = [], ...more } = details;
    const given = new URLSearchParams(more);
    for (const tag of tags) given.append('tag', tag);
    const query = given.toString();
    const response = await this.#send(
      'POST',
      `/api/models/${encodeURIComponent(name)}/versions${query && `?${query}`}`,
      { body: Readable.toWeb(packFolder(directory)) as RequestInit['body'], type: 'application/x-tar' },
    );
    return (await response.json()) as Version;
  }

  /** Writes a version's files into a new folder. */
  async pull(name: string, version: string, folder: string): Promise<void> {
    const response = await this.#send(
      'GET',
      `/api/models/${encodeURIComponent(name)}/versions/${encodeURIComponent(version)}/archive`,
    );
    await mkdir(folder, { recursive: true });
    await pipeline(
      Readable.fromWeb(response.body as NodeReadableStream<Uint8Array>),
      new Unpack({ cwd: folder, strict: true, preserveOwner: false }),
    );
  }

  async #json<Result>(method: string, path: string, body?: object): Promise<Result> {
    const response = await this.#send(
      method,
      path,
      body && { body: JSON.stringify(body), type: 'application/json' },
    );
    return (response.status === 204 ? undefined : await response.json()) as Result;
  }

  async #send(
    method: string,
    path: string,
    content?: { readonly body: RequestInit['body']; readonly type: string },
  ): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(`${this.server}${path}`, {
        method,
        headers: {
          ...(this.#key && { Authorization: `Bearer ${this.#key}` }),
          ...(content && { 'Content-Type': content.type }),
        },
        ...(content && { body: content.body ?? null, duplex: 'half' }),
      });
    } catch (cause) {
      throw new ClientError(
        `${this.server} does not answer. Is 'modelwright up' running there? See --server and MODELWRIGHT_SERVER.`,
        undefined,
        { cause },
      );
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
