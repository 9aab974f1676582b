import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import type { S3Client } from '@bradenmacdonald/s3-lite-client';
import { type ObjectStore, requireSha256, writeIncoming } from './objects.js';

/** Where contents are kept on an S3-compatible server. */
export interface S3Place {
  readonly endPoint: string;
  readonly region: string;
  readonly bucket: string;
  /** Before the names of contents: empty, or with `/` at its end. */
  readonly prefix: string;
  /** Whether the bucket stands in the path, not in the host's name. */
  readonly pathStyle: boolean;
  readonly accessKey: string | undefined;
  readonly secretKey: string | undefined;
  readonly sessionToken: string | undefined;
}

/**
 * Reads an address such as `s3://bucket/prefix?endpoint=https://minio:9000&region=eu-central-1`; what it does not say is taken from the
 * environment as Amazon's tools do: AWS_ENDPOINT_URL_S3, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN.
 * @throws Error when it is no such address
 */
export function s3Place(url: string, environment: NodeJS.ProcessEnv = process.env): S3Place {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.protocol !== 's3:' || parsed.hostname === '') {
    throw new Error(
      `'${url}' is no place for contents: take s3://bucket/prefix, with ?endpoint=https://host for others than Amazon.`,
    );
  }
  const named =
    parsed.searchParams.get('endpoint') ?? environment.AWS_ENDPOINT_URL_S3 ?? environment.AWS_ENDPOINT_URL;
  const region = parsed.searchParams.get('region') ?? environment.AWS_REGION ?? 'us-east-1';
  const path = parsed.pathname.replace(/^\/+|\/+$/g, '');
  return {
    endPoint: named ?? `https://s3.${region}.amazonaws.com`,
    region,
    bucket: parsed.hostname,
    prefix: path && `${path}/`,
    pathStyle: named !== undefined,
    accessKey: environment.AWS_ACCESS_KEY_ID,
    secretKey: environment.AWS_SECRET_ACCESS_KEY,
    sessionToken: environment.AWS_SESSION_TOKEN,
  };
}

/**
 * An object store on an S3-compatible server.
 * @param folder for contents that are on their way: their names are known once they are whole
 * @throws Error when the bucket cannot be reached, with the reason
 */
export async function s3Objects(url: string, folder: string): Promise<ObjectStore> {
  const { prefix, ...place } = s3Place(url);
  const { S3Client } = await import('@bradenmacdonald/s3-lite-client');
  const client: S3Client = new S3Client(place);
  const nameOf = (sha256: string): string => `${prefix}${requireSha256(sha256)}`;
  const there = await client.bucketExists(place.bucket).catch((cause: Error) => {
    throw new Error(`The bucket of '${url}' cannot be reached at ${place.endPoint}: ${cause.message}`, {
      cause,
    });
  });
  if (!there) throw new Error(`There is no bucket '${place.bucket}' at ${place.endPoint}. Make it first.`);
  return {
    async put(content) {
      const { path, ...object } = await writeIncoming(folder, content);
      try {
        const stream = Readable.toWeb(createReadStream(path)) as ReadableStream<Uint8Array>;
        await client.putObject(nameOf(object.sha256), stream, { size: object.size });
        return object;
      } finally {
        await rm(path, { force: true });
      }
    },
    has: (sha256) => client.exists(nameOf(sha256)),
    async sizeOf(sha256) {
      const name = nameOf(sha256);
      return (await client.exists(name)) ? (await client.statObject(name)).size : undefined;
    },
    async read(sha256) {
      const response = await client.getObject(nameOf(sha256)).catch((cause: unknown) => {
        throw new Error(`The content ${sha256} is missing from the store.`, { cause });
      });
      if (!response.body) return Readable.from([]);
      return Readable.fromWeb(response.body as NodeReadableStream<Uint8Array>);
    },
    delete: (sha256) => client.deleteObject(nameOf(sha256)),
    async *list() {
      for await (const { key, size, lastModified } of client.listObjects({ prefix })) {
        const sha256 = key.slice(prefix.length);
        if (/^[0-9a-f]{64}$/.test(sha256)) yield { sha256, size, modified: lastModified };
      }
    },
  };
}
